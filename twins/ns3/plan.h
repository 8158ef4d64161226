// SPDX-License-Identifier: GPL-2.0-only
//
// What is simulated, as the commands describe it.
#pragma once

#include "ns3/vector.h"

#include <cstdint>
#include <vector>

namespace ranwright
{

struct CellPlan
{
    double txPowerDbm;
    ns3::Vector positionM;
};

struct UePlan
{
    bool tcp;
    double activity; ///< probability of having data in 100 ms; TCP always has
    ns3::Vector positionM;
    std::vector<double> gainDb;    ///< one a cell, antennas included
    std::vector<double> nakagamiM; ///< one a cell; empty: links do not fade
};

struct Plan
{
    uint64_t seed{1};
    uint16_t resourceBlocks{100};
    double noiseFigureDb{9.0};
    double handoverOffsetDb{2.0};
    std::vector<CellPlan> cells;
    std::vector<UePlan> ues;
};

} // namespace ranwright
