// SPDX-License-Identifier: GPL-2.0-only
//
// The LTE network: cells, UEs, core and traffic, and what is measured of them.
#pragma once

#include "air.h"
#include "meter.h"
#include "plan.h"
#include "scheduler.h"
#include "traffic.h"

#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/lte-module.h"
#include "ns3/mobility-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/propagation-module.h"

#include <memory>
#include <ostream>
#include <vector>

namespace ranwright
{

/// Cells and UEs are named by their index; LTE cell ids are the index plus one.
class Network
{
  public:
    explicit Network(const Plan& plan)
        : m_plan(plan)
    {
        Configure();
        PlaceStations();
        InstallRadio();
        InstallInternet();
        Connect();
        InstallTraffic();
        Observe();
        ns3::Simulator::Schedule(ns3::Seconds(0), &Network::EveryTti, this);
    }

    void Run(uint32_t duration_ms)
    {
        ns3::Simulator::Stop(ns3::MilliSeconds(duration_ms));
        ns3::Simulator::Run();
        m_sinceReportMs += duration_ms;
    }

    void SetTxPower(size_t cell, double tx_power_dbm)
    {
        m_cells.at(cell)->GetPhy()->SetTxPower(tx_power_dbm);
    }

    /// Write what was measured since the last report as one line of JSON, and begin anew.
    void Report(std::ostream& out)
    {
        out << "{\"time_ms\":" << ns3::Simulator::Now().GetMilliSeconds() << ",\"ues\":[";
        for (size_t u = 0; u < m_ues.size(); ++u)
        {
            out << (u ? "," : "");
            m_meters[u]->Report(out, m_cells.size());
        }
        out << "],\"cells\":[";
        for (size_t c = 0; c < m_cells.size(); ++c)
        {
            const double granted = Scheduler(c)->TakeGrantedGroups();
            const double offered = double(GroupsPerTti()) * m_sinceReportMs;
            out << (c ? "," : "") << "{\"prb_usage\":" << granted / offered << "}";
        }
        out << "],\"handovers\":[";
        for (size_t h = 0; h < m_handovers.size(); ++h)
        {
            out << (h ? ",[" : "[") << m_handovers[h].first << "," << m_handovers[h].second << "]";
        }
        out << "]}";
        m_handovers.clear();
        m_sinceReportMs = 0;
    }

  private:
    static constexpr int PERIOD_MS = 100; ///< of on-off traffic
    static constexpr int COHERENCE_MS = 40; ///< 0.423 / Doppler, 3.5 GHz at 3 km/h
    static constexpr double COHERENCE_HZ = 2e6;
    static constexpr double MAX_LOSS_DB = 170.0; ///< weaker signals are 25 dB below the noise
    static constexpr uint32_t LARGEST_BLOCK_BYTES_PER_RB = 95; ///< TS 36.213 Table 7.1.7.2.1-1
    static constexpr uint16_t UDP_PORT = 1000;
    static constexpr uint16_t TCP_PORT = 2000;

    void Configure() const
    {
        using namespace ns3;
        RngSeedManager::SetSeed(uint32_t(m_plan.seed % 4294967087ULL) + 1);
        Config::SetDefault("ns3::LteUePhy::NoiseFigure", DoubleValue(m_plan.noiseFigureDb));
        // a UE that loses its link would leave the reports; the flow level keeps it as well
        Config::SetDefault("ns3::LteUePhy::EnableRlfDetection", BooleanValue(false));
        Config::SetDefault("ns3::LteEnbRrc::EpsBearerToRlcMapping",
                           EnumValue(LteEnbRrc::RLC_UM_ALWAYS));
        Config::SetDefault("ns3::LteEnbRrc::SrsPeriodicity",
                           UintegerValue(m_plan.ues.size() < 80 ? 80 : 320));
        Config::SetDefault("ns3::LteRlcUm::MaxTxBufferSize", UintegerValue(512 * 1024));
        Config::SetDefault("ns3::LteRlcUm::EnablePdcpDiscarding", BooleanValue(false));
        Config::SetDefault("ns3::DropTailQueue<Packet>::MaxSize", StringValue("100000p"));
        Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1348));
        // RFC 6298 for the handshake, Linux for the rest
        Config::SetDefault("ns3::TcpSocket::ConnTimeout", TimeValue(Seconds(1)));
        Config::SetDefault("ns3::TcpSocketBase::MinRto", TimeValue(MilliSeconds(200)));
        Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(256 * 1024));
        Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(256 * 1024));
    }

    void PlaceStations()
    {
        m_cellNodes.Create(m_plan.cells.size());
        m_ueNodes.Create(m_plan.ues.size());
        ns3::MobilityHelper mobility;
        mobility.SetMobilityModel("ns3::ConstantPositionMobilityModel");
        mobility.Install(m_cellNodes);
        mobility.Install(m_ueNodes);
        for (size_t c = 0; c < m_plan.cells.size(); ++c)
        {
            Mobility(m_cellNodes, c)->SetPosition(m_plan.cells[c].positionM);
        }
        for (size_t u = 0; u < m_plan.ues.size(); ++u)
        {
            Mobility(m_ueNodes, u)->SetPosition(m_plan.ues[u].positionM);
        }
    }

    void InstallRadio()
    {
        using namespace ns3;
        m_epc = CreateObject<PointToPointEpcHelper>();
        m_lte = CreateObject<LteHelper>();
        m_lte->SetEpcHelper(m_epc);
        m_lte->SetPathlossModelType(MatrixPropagationLossModel::GetTypeId());
        m_lte->SetSpectrumChannelAttribute("MaxLossDb", DoubleValue(MAX_LOSS_DB));
        m_lte->SetSchedulerType("ranwright::MeteredPfScheduler");
        // sounding of cells collides, for each UE always with the same others, and some would never
        // be granted an uplink; what the data channel shows is no worse than its interference
        m_lte->SetSchedulerAttribute("UlCqiFilter", EnumValue(FfMacScheduler::PUSCH_UL_CQI));
        m_lte->SetHandoverAlgorithmType("ns3::A3RsrpHandoverAlgorithm");
        m_lte->SetHandoverAlgorithmAttribute("Hysteresis", DoubleValue(m_plan.handoverOffsetDb));
        m_lte->SetEnbDeviceAttribute("DlBandwidth", UintegerValue(m_plan.resourceBlocks));
        m_lte->SetEnbDeviceAttribute("UlBandwidth", UintegerValue(m_plan.resourceBlocks));
        const auto cells = m_lte->InstallEnbDevice(m_cellNodes);
        const auto ues = m_lte->InstallUeDevice(m_ueNodes);
        for (uint32_t c = 0; c < cells.GetN(); ++c)
        {
            m_cells.push_back(DynamicCast<LteEnbNetDevice>(cells.Get(c)));
            SetTxPower(c, m_plan.cells[c].txPowerDbm);
        }
        for (uint32_t u = 0; u < ues.GetN(); ++u)
        {
            m_ues.push_back(DynamicCast<LteUeNetDevice>(ues.Get(u)));
        }
        SetGains(m_lte->GetDownlinkSpectrumChannel());
        SetGains(m_lte->GetUplinkSpectrumChannel());
        SetFading();
        m_lte->AddX2Interface(m_cellNodes);
    }

    void SetGains(ns3::Ptr<ns3::SpectrumChannel> channel) const
    {
        const auto loss =
            ns3::DynamicCast<ns3::MatrixPropagationLossModel>(channel->GetPropagationLossModel());
        for (size_t u = 0; u < m_plan.ues.size(); ++u)
        {
            for (size_t c = 0; c < m_plan.cells.size(); ++c)
            {
                loss->SetLoss(Mobility(m_cellNodes, c),
                              Mobility(m_ueNodes, u),
                              -m_plan.ues[u].gainDb[c]);
            }
        }
    }

    void SetFading()
    {
        const double widthHz = m_plan.resourceBlocks * 180e3;
        const double centreHz =
            ns3::LteSpectrumValueHelper::GetCarrierFrequency(m_cells[0]->GetDlEarfcn());
        const auto fading = ns3::Create<BlockFading>(m_plan.seed,
                                                     ns3::MilliSeconds(COHERENCE_MS),
                                                     COHERENCE_HZ,
                                                     centreHz - widthHz / 2.0,
                                                     widthHz);
        bool any = false;
        for (size_t u = 0; u < m_plan.ues.size(); ++u)
        {
            for (size_t c = 0; c < m_plan.ues[u].nakagamiM.size(); ++c)
            {
                any = true;
                fading->SetLink(PeekPointer(Mobility(m_cellNodes, c)),
                                PeekPointer(Mobility(m_ueNodes, u)),
                                m_plan.ues[u].nakagamiM[c]);
            }
        }
        if (any)
        {
            m_lte->GetDownlinkSpectrumChannel()->AddSpectrumPropagationLossModel(fading);
        }
    }

    void InstallInternet()
    {
        using namespace ns3;
        m_hostNode.Create(1);
        InternetStackHelper internet;
        internet.Install(m_hostNode);
        internet.Install(m_ueNodes);
        PointToPointHelper wire;
        wire.SetDeviceAttribute("DataRate", StringValue("100Gb/s"));
        const auto ends = wire.Install(m_epc->GetPgwNode(), m_hostNode.Get(0));
        Ipv4AddressHelper("1.0.0.0", "255.0.0.0").Assign(ends);
        Ipv4StaticRoutingHelper routing;
        routing.GetStaticRouting(m_hostNode.Get(0)->GetObject<Ipv4>())
            ->AddNetworkRouteTo("7.0.0.0", "255.0.0.0", 1);
        NetDeviceContainer devices;
        for (const auto& ue : m_ues)
        {
            devices.Add(ue);
        }
        m_addresses = m_epc->AssignUeIpv4Address(devices);
        for (uint32_t u = 0; u < m_ueNodes.GetN(); ++u)
        {
            routing.GetStaticRouting(m_ueNodes.Get(u)->GetObject<Ipv4>())
                ->SetDefaultRoute(m_epc->GetUeDefaultGatewayAddress(), 1);
        }
    }

    /// Every UE to the cell that it hears best.
    void Connect()
    {
        for (size_t u = 0; u < m_ues.size(); ++u)
        {
            size_t best = 0;
            for (size_t c = 1; c < m_cells.size(); ++c)
            {
                best = ReceivedDbm(u, c) > ReceivedDbm(u, best) ? c : best;
            }
            m_lte->Attach(m_ues[u], m_cells[best]);
        }
    }

    double ReceivedDbm(size_t ue, size_t cell) const
    {
        return m_plan.ues[ue].gainDb[cell] + m_plan.cells[cell].txPowerDbm;
    }

    void InstallTraffic()
    {
        using namespace ns3;
        const auto host = m_hostNode.Get(0);
        for (uint32_t u = 0; u < m_ues.size(); ++u)
        {
            m_bearers.emplace_back(m_ues[u], m_cells);
            const auto node = m_ueNodes.Get(u);
            const auto address = m_addresses.GetAddress(u);
            PacketSinkHelper("ns3::UdpSocketFactory",
                             InetSocketAddress(Ipv4Address::GetAny(), UDP_PORT))
                .Install(node);
            PacketSinkHelper("ns3::TcpSocketFactory",
                             InetSocketAddress(Ipv4Address::GetAny(), TCP_PORT))
                .Install(node);
            if (m_plan.ues[u].tcp)
            {
                m_sources.push_back(nullptr);
                const auto download =
                    BulkSendHelper("ns3::TcpSocketFactory", InetSocketAddress(address, TCP_PORT))
                        .Install(host);
                // by then every UE is connected, and no handshake waits for its timer
                download.Start(MilliSeconds(500));
                continue;
            }
            const auto socket = Socket::CreateSocket(host, UdpSocketFactory::GetTypeId());
            socket->Connect(InetSocketAddress(address, UDP_PORT));
            m_sources.push_back(std::make_unique<UdpSource>(socket,
                                                             m_plan.ues[u].activity,
                                                             2 * LARGEST_BLOCK_BYTES_PER_RB *
                                                                 m_plan.resourceBlocks));
        }
    }

    void Observe()
    {
        using namespace ns3;
        for (size_t u = 0; u < m_ues.size(); ++u)
        {
            m_meters.push_back(std::make_unique<UeMeter>(m_ues[u]));
            m_ues[u]->GetRrc()->TraceConnectWithoutContext(
                "HandoverEndOk",
                Callback<void, uint64_t, uint16_t, uint16_t>(
                    [this, u](uint64_t, uint16_t cell_id, uint16_t) {
                        m_handovers.emplace_back(u, cell_id - 1);
                    }));
        }
    }

    /// Fill the buffers and note who has data, once a transmission time interval.
    void EveryTti()
    {
        const bool period = ns3::Simulator::Now().GetMilliSeconds() % PERIOD_MS == 0;
        for (size_t u = 0; u < m_ues.size(); ++u)
        {
            const auto& source = m_sources[u];
            if (source && period)
            {
                source->BeginPeriod();
            }
            const auto rlc = m_bearers[u].Rlc();
            const uint32_t buffered = rlc ? TxBufferBytes(*rlc) : 0;
            if (source && rlc)
            {
                source->Send(buffered);
            }
            if (buffered > 0 || (source && source->IsOn()))
            {
                m_meters[u]->CountActive();
            }
        }
        ns3::Simulator::Schedule(ns3::MilliSeconds(1), &Network::EveryTti, this);
    }

    ns3::Ptr<MeteredPfScheduler> Scheduler(size_t cell) const
    {
        const auto carrier = m_cells[cell]->GetCcMap().at(0);
        return ns3::DynamicCast<MeteredPfScheduler>(
            ns3::DynamicCast<ns3::ComponentCarrierEnb>(carrier)->GetFfMacScheduler());
    }

    /// Resource block groups of the carrier (TS 36.213 Table 7.1.6.1-1).
    uint32_t GroupsPerTti() const
    {
        const uint32_t n = m_plan.resourceBlocks;
        const uint32_t size = n <= 10 ? 1 : n <= 26 ? 2 : n <= 63 ? 3 : 4;
        return n / size;
    }

    static ns3::Ptr<ns3::MobilityModel> Mobility(const ns3::NodeContainer& nodes, size_t index)
    {
        return nodes.Get(index)->GetObject<ns3::MobilityModel>();
    }

    Plan m_plan;
    ns3::NodeContainer m_cellNodes;
    ns3::NodeContainer m_ueNodes;
    ns3::NodeContainer m_hostNode;
    ns3::Ptr<ns3::LteHelper> m_lte;
    ns3::Ptr<ns3::PointToPointEpcHelper> m_epc;
    ns3::Ipv4InterfaceContainer m_addresses;
    std::vector<ns3::Ptr<ns3::LteEnbNetDevice>> m_cells;
    std::vector<ns3::Ptr<ns3::LteUeNetDevice>> m_ues;
    std::vector<Bearer> m_bearers;
    std::vector<std::unique_ptr<UdpSource>> m_sources; ///< null where the UE downloads by TCP
    std::vector<std::unique_ptr<UeMeter>> m_meters;
    std::vector<std::pair<size_t, int>> m_handovers;
    uint32_t m_sinceReportMs{0};
};

} // namespace ranwright
