// SPDX-License-Identifier: GPL-2.0-only
//
// Block fading of the downlink.
#pragma once

#include "ns3/mobility-model.h"
#include "ns3/nstime.h"
#include "ns3/simulator.h"
#include "ns3/spectrum-propagation-loss-model.h"
#include "ns3/spectrum-signal-parameters.h"

#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace ranwright
{

/// Nakagami-m power fades on every link from a cell to a UE: one for each coherence band and
/// coherence time, independent of all others.
///
/// A fade depends on the seed, the link, the band and the time only, so the order in which the
/// simulator asks is without effect.
class BlockFading : public ns3::SpectrumPropagationLossModel
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId id = ns3::TypeId("ranwright::BlockFading")
                                    .SetParent<ns3::SpectrumPropagationLossModel>();
        return id;
    }

    /// @param seed of all fades
    /// @param coherence_time how long a fade lasts
    /// @param coherence_bandwidth_hz width of a band
    /// @param low_hz lower edge of the carrier
    /// @param width_hz its width
    BlockFading(uint64_t seed,
                ns3::Time coherence_time,
                double coherence_bandwidth_hz,
                double low_hz,
                double width_hz)
        : m_seed(seed),
          m_coherenceTime(coherence_time),
          m_coherenceBandwidthHz(coherence_bandwidth_hz),
          m_lowHz(low_hz),
          m_bands(size_t(width_hz / coherence_bandwidth_hz) + 1)
    {
    }

    /// Let the link between two stations fade with Nakagami parameter m; others do not fade.
    void SetLink(const ns3::MobilityModel* cell, const ns3::MobilityModel* ue, double nakagami_m)
    {
        const uint64_t number = m_links.size();
        m_links[{cell, ue}] = Link{number, nakagami_m, -1, {}};
    }

  private:
    struct Link
    {
        uint64_t number;
        double nakagamiM;
        int64_t block;
        std::vector<double> gain; ///< linear, one a band
    };

    ns3::Ptr<ns3::SpectrumValue> DoCalcRxPowerSpectralDensity(
        ns3::Ptr<const ns3::SpectrumSignalParameters> params,
        ns3::Ptr<const ns3::MobilityModel> cell,
        ns3::Ptr<const ns3::MobilityModel> ue) const override
    {
        auto psd = params->psd->Copy();
        const auto found = m_links.find({PeekPointer(cell), PeekPointer(ue)});
        if (found == m_links.end())
        {
            return psd;
        }
        const auto& gain = Gain(found->second);
        // a UE that searches for cells listens to the middle of the carrier only
        auto resourceBlock = psd->ConstBandsBegin();
        for (auto value = psd->ValuesBegin(); value != psd->ValuesEnd(); ++value, ++resourceBlock)
        {
            *value *= gain.at(size_t((resourceBlock->fc - m_lowHz) / m_coherenceBandwidthHz));
        }
        return psd;
    }

    const std::vector<double>& Gain(Link& link) const
    {
        const int64_t block = ns3::Simulator::Now().GetInteger() / m_coherenceTime.GetInteger();
        if (link.block != block)
        {
            std::seed_seq words{m_seed & 0xFFFFFFFF, m_seed >> 32, link.number, uint64_t(block)};
            std::mt19937 generator(words);
            std::gamma_distribution<double> power(link.nakagamiM, 1.0 / link.nakagamiM);
            link.gain.resize(m_bands);
            for (auto& gain : link.gain)
            {
                gain = power(generator);
            }
            link.block = block;
        }
        return link.gain;
    }

    int64_t DoAssignStreams(int64_t) override
    {
        return 0;
    }

    uint64_t m_seed;
    ns3::Time m_coherenceTime;
    double m_coherenceBandwidthHz;
    double m_lowHz;
    size_t m_bands;
    mutable std::map<std::pair<const ns3::MobilityModel*, const ns3::MobilityModel*>, Link> m_links;
};

} // namespace ranwright
