// SPDX-License-Identifier: GPL-2.0-only
//
// An LTE network in ns-3 that is driven line by line.
//
// Commands on standard input, words separated by spaces; each is answered by one line of JSON on
// standard output, a wrong one by {"error": ...}, which changes nothing.
//
//   carrier RESOURCE_BLOCKS NOISE_FIGURE_DB HANDOVER_OFFSET_DB SEED
//   cell X_M Y_M Z_M TX_POWER_DBM
//   ue X_M Y_M Z_M udp|tcp ACTIVITY GAIN_DB... [NAKAGAMI_M...]   one number each a cell
//   begin                                                       build what was described
//   tx CELL TX_POWER_DBM
//   run MILLISECONDS                                            answered by what was measured
//   quit
//
// Cells and UEs are named by their place in the order of the commands, from 0.

#include "network.h"

#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace ranwright
{

/// The words of a command, taken one by one; anything missing or left over is an error.
class Words
{
  public:
    explicit Words(const std::string& line)
        : m_line(line)
    {
    }

    template <typename T>
    T Take(const char* what)
    {
        T value;
        if (!(m_line >> value))
        {
            throw std::invalid_argument(std::string(what) + " is missing or malformed");
        }
        return value;
    }

    double Number(const char* what, double low, double high)
    {
        const double value = Take<double>(what);
        if (!(value >= low && value <= high))
        {
            throw std::invalid_argument(std::string(what) + " is out of range");
        }
        return value;
    }

    bool Done()
    {
        return (m_line >> std::ws).eof();
    }

    void End()
    {
        if (!Done())
        {
            throw std::invalid_argument("there are words too many");
        }
    }

  private:
    std::istringstream m_line;
};

class Session
{
  public:
    /// Carry a command out and answer it.
    void Obey(Words words)
    {
        const auto verb = words.Take<std::string>("the command");
        if (verb == "run" || verb == "tx")
        {
            Require(m_network != nullptr, "say begin first");
            verb == "run" ? Run(words) : SetTxPower(words);
            return;
        }
        Require(m_network == nullptr, "the network has begun, or there is no such command");
        if (verb == "carrier")
        {
            AddCarrier(words);
        }
        else if (verb == "cell")
        {
            AddCell(words);
        }
        else if (verb == "ue")
        {
            AddUe(words);
        }
        else if (verb == "begin")
        {
            words.End();
            Require(!m_plan.cells.empty() && !m_plan.ues.empty(), "there are no cells or no UEs");
            m_network = std::make_unique<Network>(m_plan);
        }
        else
        {
            throw std::invalid_argument("there is no such command");
        }
        std::cout << "{\"ok\":true}";
    }

  private:
    static void Require(bool condition, const char* otherwise)
    {
        if (!condition)
        {
            throw std::invalid_argument(otherwise);
        }
    }

    static ns3::Vector Position(Words& words)
    {
        const double x = words.Number("X_M", -1e6, 1e6);
        const double y = words.Number("Y_M", -1e6, 1e6);
        return {x, y, words.Number("Z_M", 0.0, 1e4)};
    }

    void AddCarrier(Words& words)
    {
        m_plan.resourceBlocks = uint16_t(words.Number("RESOURCE_BLOCKS", 6, 100));
        m_plan.noiseFigureDb = words.Number("NOISE_FIGURE_DB", 0.0, 30.0);
        m_plan.handoverOffsetDb = words.Number("HANDOVER_OFFSET_DB", 0.0, 15.0);
        m_plan.seed = words.Take<uint64_t>("SEED");
        words.End();
    }

    void AddCell(Words& words)
    {
        Require(m_plan.ues.empty(), "cells come before UEs");
        const auto position = Position(words);
        m_plan.cells.push_back({words.Number("TX_POWER_DBM", -50.0, 80.0), position});
        words.End();
    }

    void AddUe(Words& words)
    {
        UePlan ue;
        ue.positionM = Position(words);
        const auto traffic = words.Take<std::string>("udp or tcp");
        Require(traffic == "udp" || traffic == "tcp", "traffic is udp or tcp");
        ue.tcp = traffic == "tcp";
        ue.activity = words.Number("ACTIVITY", 0.0, 1.0);
        for (size_t c = 0; c < m_plan.cells.size(); ++c)
        {
            ue.gainDb.push_back(words.Number("GAIN_DB", -1000.0, 0.0));
        }
        if (!words.Done())
        {
            for (size_t c = 0; c < m_plan.cells.size(); ++c)
            {
                ue.nakagamiM.push_back(words.Number("NAKAGAMI_M", 0.5, 1e6));
            }
        }
        words.End();
        m_plan.ues.push_back(ue);
    }

    void SetTxPower(Words& words)
    {
        const auto cell = size_t(words.Number("CELL", 0.0, double(m_plan.cells.size()) - 1.0));
        const double powerDbm = words.Number("TX_POWER_DBM", -50.0, 80.0);
        words.End();
        m_network->SetTxPower(cell, powerDbm);
        std::cout << "{\"ok\":true}";
    }

    void Run(Words& words)
    {
        const auto durationMs = uint32_t(words.Number("MILLISECONDS", 1.0, 1e6));
        words.End();
        m_network->Run(durationMs);
        m_network->Report(std::cout);
    }

    Plan m_plan;
    std::unique_ptr<Network> m_network;
};

} // namespace ranwright

int
main()
{
    std::cout << std::setprecision(10);
    ranwright::Session session;
    for (std::string line; std::getline(std::cin, line) && line != "quit";)
    {
        try
        {
            session.Obey(ranwright::Words(line));
        }
        catch (const std::invalid_argument& error)
        {
            std::cout << "{\"error\":\"" << error.what() << "\"}";
        }
        std::cout << std::endl;
    }
    // leaving without tearing the simulator down: nothing is kept, and it takes seconds
    std::cout.flush();
    std::_Exit(EXIT_SUCCESS);
}
