// SPDX-License-Identifier: GPL-2.0-only
//
// What the UEs are sent, and the buffer it waits in.
#pragma once

#include "ns3/lte-enb-net-device.h"
#include "ns3/lte-enb-rrc.h"
#include "ns3/lte-radio-bearer-info.h"
#include "ns3/lte-rlc-um.h"
#include "ns3/lte-ue-net-device.h"
#include "ns3/lte-ue-rrc.h"
#include "ns3/object-map.h"
#include "ns3/packet.h"
#include "ns3/random-variable-stream.h"
#include "ns3/socket.h"

#include <cstdint>
#include <vector>

namespace ranwright
{

// An RLC entity does not tell how much waits in it, but "time with data in the buffer" is what
// TS 28.552 divides by. Explicit instantiation is where the language lets a private member be named.
uint32_t& TxBufferBytes(ns3::LteRlcUm& rlc);

template <uint32_t ns3::LteRlcUm::* Member>
struct Reach
{
    friend uint32_t& TxBufferBytes(ns3::LteRlcUm& rlc)
    {
        return rlc.*Member;
    }
};

template struct Reach<&ns3::LteRlcUm::m_txBufferSize>;

/// The downlink data bearer of one UE at the cell that serves it, followed over handovers.
class Bearer
{
  public:
    Bearer(ns3::Ptr<ns3::LteUeNetDevice> ue, std::vector<ns3::Ptr<ns3::LteEnbNetDevice>> cells)
        : m_ue(ue),
          m_cells(std::move(cells))
    {
    }

    /// The RLC entity at the serving cell; null while a connection is being set up.
    ns3::Ptr<ns3::LteRlcUm> Rlc()
    {
        const auto rrc = m_ue->GetRrc();
        const auto place = std::make_pair(rrc->GetCellId(), rrc->GetRnti());
        if (place != m_place || !m_rlc)
        {
            m_place = place;
            m_rlc = Find(place.first, place.second);
        }
        return m_rlc;
    }

  private:
    ns3::Ptr<ns3::LteRlcUm> Find(uint16_t cell_id, uint16_t rnti) const
    {
        if (cell_id == 0 || cell_id > m_cells.size())
        {
            return nullptr;
        }
        const auto rrc = m_cells[cell_id - 1]->GetRrc();
        if (!rrc->HasUeManager(rnti))
        {
            return nullptr;
        }
        ns3::ObjectMapValue bearers;
        rrc->GetUeManager(rnti)->GetAttribute("DataRadioBearerMap", bearers);
        if (bearers.GetN() == 0)
        {
            return nullptr;
        }
        const auto first = bearers.Begin()->second;
        return ns3::DynamicCast<ns3::LteRlcUm>(
            ns3::DynamicCast<ns3::LteDataRadioBearerInfo>(first)->m_rlc);
    }

    ns3::Ptr<ns3::LteUeNetDevice> m_ue;
    std::vector<ns3::Ptr<ns3::LteEnbNetDevice>> m_cells; ///< LTE cell id less one is the index
    std::pair<uint16_t, uint16_t> m_place{0, 0};
    ns3::Ptr<ns3::LteRlcUm> m_rlc;
};

/// UDP that keeps the buffer at the cell just full enough: on or off for a period at a time.
class UdpSource
{
  public:
    static constexpr uint32_t PAYLOAD_BYTES = 1372; ///< an IP packet of 1400 bytes

    /// @param socket connected to the UE
    /// @param activity probability of having data in a period
    /// @param buffer_bytes what the buffer is kept filled to
    UdpSource(ns3::Ptr<ns3::Socket> socket, double activity, uint32_t buffer_bytes)
        : m_socket(socket),
          m_activity(activity),
          m_bufferBytes(buffer_bytes),
          m_draw(ns3::CreateObject<ns3::UniformRandomVariable>())
    {
    }

    /// Draw whether there is data in the period that begins.
    void BeginPeriod()
    {
        m_on = m_draw->GetValue() < m_activity;
    }

    bool IsOn() const
    {
        return m_on;
    }

    /// Fill up the buffer if there is data.
    void Send(uint32_t buffered_bytes)
    {
        if (m_on)
        {
            for (; buffered_bytes < m_bufferBytes; buffered_bytes += PAYLOAD_BYTES)
            {
                m_socket->Send(ns3::Create<ns3::Packet>(PAYLOAD_BYTES));
            }
        }
    }

  private:
    ns3::Ptr<ns3::Socket> m_socket;
    double m_activity;
    uint32_t m_bufferBytes;
    ns3::Ptr<ns3::UniformRandomVariable> m_draw;
    bool m_on{false};
};

} // namespace ranwright
