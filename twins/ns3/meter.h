// SPDX-License-Identifier: GPL-2.0-only
//
// What is measured of a UE.
#pragma once

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/lte-ue-net-device.h"
#include "ns3/lte-ue-phy.h"
#include "ns3/lte-ue-rrc.h"
#include "ns3/node.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <ostream>

namespace ranwright
{

/// Measurements of one UE since the last report. Its traces hold on to it, so it stays in place.
class UeMeter
{
  public:
    explicit UeMeter(ns3::Ptr<ns3::LteUeNetDevice> ue)
        : m_ue(ue)
    {
        using namespace ns3;
        ue->GetNode()->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext(
            "Rx",
            Callback<void, Ptr<const Packet>, Ptr<Ipv4>, uint32_t>(
                [this](Ptr<const Packet> packet, Ptr<Ipv4>, uint32_t) {
                    m_ipBytes += packet->GetSize();
                }));
        ue->GetPhy()->TraceConnectWithoutContext(
            "ReportCurrentCellRsrpSinr",
            Callback<void, uint16_t, uint16_t, double, double, uint8_t>(
                [this](uint16_t, uint16_t, double, double sinr, uint8_t) {
                    m_sinrSumDb += 10.0 * std::log10(sinr);
                    ++m_sinrSamples;
                }));
        ue->GetPhy()->TraceConnectWithoutContext(
            "ReportUeMeasurements",
            Callback<void, uint16_t, uint16_t, double, double, bool, uint8_t>(
                [this](uint16_t, uint16_t cell_id, double rsrp_dbm, double, bool, uint8_t) {
                    m_rsrpDbm[cell_id] = rsrp_dbm;
                }));
    }

    UeMeter(const UeMeter&) = delete;

    /// Count a millisecond in which data waits.
    void CountActive()
    {
        ++m_activeMs;
    }

    /// Write what was measured as JSON, and begin anew; RSRP stays until the next measurement.
    void Report(std::ostream& out, size_t cells)
    {
        out << "{\"serving\":" << m_ue->GetRrc()->GetCellId() - 1 << ",\"ip_bytes\":" << m_ipBytes
            << ",\"active_ms\":" << m_activeMs << ",\"sinr_db\":";
        Number(out, m_sinrSumDb / m_sinrSamples);
        out << ",\"rsrp_dbm\":[";
        for (size_t c = 0; c < cells; ++c)
        {
            out << (c ? "," : "");
            const auto heard = m_rsrpDbm.find(c + 1);
            Number(out, heard == m_rsrpDbm.end() ? NAN : heard->second);
        }
        out << "]}";
        m_ipBytes = 0;
        m_activeMs = 0;
        m_sinrSumDb = 0.0;
        m_sinrSamples = 0;
    }

  private:
    static void Number(std::ostream& out, double value)
    {
        if (std::isfinite(value))
        {
            out << value;
        }
        else
        {
            out << "null";
        }
    }

    ns3::Ptr<ns3::LteUeNetDevice> m_ue;
    uint64_t m_ipBytes{0};
    uint32_t m_activeMs{0};
    double m_sinrSumDb{0.0};
    uint32_t m_sinrSamples{0};
    std::map<uint16_t, double> m_rsrpDbm; ///< latest, by LTE cell id
};

} // namespace ranwright
