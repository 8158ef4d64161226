// SPDX-License-Identifier: GPL-2.0-only
//
// ns-3's proportional-fair scheduler, with a meter of the resource blocks it grants.
#pragma once

#include "ns3/pf-ff-mac-scheduler.h"

#include <bit>
#include <cstdint>
#include <utility>

namespace ranwright
{

/// Proportional fair as in ns-3. It stands between the scheduler and the MAC, because neither
/// traces how many resource blocks a transport block takes.
class MeteredPfScheduler : public ns3::PfFfMacScheduler, private ns3::FfMacSchedSapUser
{
  public:
    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId id = ns3::TypeId("ranwright::MeteredPfScheduler")
                                    .SetParent<ns3::PfFfMacScheduler>()
                                    .AddConstructor<MeteredPfScheduler>();
        return id;
    }

    /// Resource block groups granted in the downlink since the last call, retransmissions included.
    uint64_t TakeGrantedGroups()
    {
        return std::exchange(m_grantedGroups, 0);
    }

    void SetFfMacSchedSapUser(ns3::FfMacSchedSapUser* mac) override
    {
        m_mac = mac;
        PfFfMacScheduler::SetFfMacSchedSapUser(this);
    }

  private:
    void SchedDlConfigInd(const SchedDlConfigIndParameters& params) override
    {
        for (const auto& grant : params.m_buildDataList)
        {
            m_grantedGroups += std::popcount(grant.m_dci.m_rbBitmap);
        }
        m_mac->SchedDlConfigInd(params);
    }

    void SchedUlConfigInd(const SchedUlConfigIndParameters& params) override
    {
        m_mac->SchedUlConfigInd(params);
    }

    ns3::FfMacSchedSapUser* m_mac{nullptr};
    uint64_t m_grantedGroups{0};
};

NS_OBJECT_ENSURE_REGISTERED(MeteredPfScheduler);

} // namespace ranwright
