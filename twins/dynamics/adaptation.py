"""Link adaptation of the slot level: MCS by an outer loop, block errors from Sionna SYS's tables.

The tables are looked up by the number of resource block groups that a transport block fills, so a
slot costs a few array accesses instead of a pass through Sionna's objects.
"""

import importlib
from dataclasses import dataclass, field

import numpy as np
import torch

from twins.dynamics.randomness import Flags, Floats, Ints
from twins.sionna.system import BLOCK_ERROR_TARGET, MCS_TABLE, PDSCH, load_system_level

OFFSET_LIMITS_DB = (-20.0, 20.0)
STEP_UP_DB = 1.0
"""After a block in error; after a good one the offset falls by the ratio that holds the target."""

_LEAST_SINR = 1e-9


@dataclass(frozen=True)
class BlockErrors:
    """Transport blocks of TS 38.214 5.1.3.2 with MCS table 2, and their error rates.

    Attributes:
        bits: ``[groups + 1, MCS]`` size of the block that fills so many groups.
        error_rate: ``[groups + 1, MCS, SINR]`` chance that it fails; 1 where there is no table.
        beta: ``[MCS]`` of the exponential effective SINR mapping.
        sinr_db: ``[SINR]`` grid of the table, equally spaced.
    """

    bits: Ints
    error_rate: Floats
    beta: Floats
    sinr_db: Floats

    @classmethod
    def load(cls, groups: int, elements_per_group: float) -> "BlockErrors":
        """Read Sionna's tables for blocks of 0 to ``groups`` groups."""
        system = load_system_level(0)
        nr = importlib.import_module("sionna.phy.nr.utils")
        physical = system.abstraction
        grid_db = np.arange(*physical.snr_db_interp_min_max_delta)
        mcs = torch.arange(physical.bler_table_interp.shape[2], dtype=torch.int32)
        elements = torch.round(torch.arange(groups + 1) * elements_per_group).to(torch.int32)
        table, category = torch.full_like(mcs, MCS_TABLE), torch.full_like(mcs, PDSCH)
        order, code_rate = nr.MCSDecoderNR()(mcs, table, category)
        bits, *_ = nr.TransportBlockNR().transport_block_size(
            order, code_rate, order * elements[:, None]
        )
        shape = (groups + 1, mcs.numel(), grid_db.size)
        *_, rate, _ = physical(
            mcs[None, :, None].expand(shape).contiguous(),
            sinr_eff=torch.pow(10.0, torch.tensor(grid_db) / 10.0).expand(shape),
            num_allocated_re=elements[:, None, None].expand(shape),
            mcs_table_index=MCS_TABLE,
            mcs_category=PDSCH,
            check_mcs_index_validity=False,
        )
        return cls(
            bits=np.where(elements[:, None] > 0, bits, 0).astype(np.int64),
            error_rate=rate.nan_to_num(posinf=1.0).clamp(0.0, 1.0).numpy().astype(float),
            beta=system.effective_sinr.beta_tensor[MCS_TABLE - 1, : mcs.numel()].numpy(),
            sinr_db=grid_db,
        )

    def __post_init__(self) -> None:
        """Look up once which MCS holds the target at which SINR."""
        holds = self.error_rate <= BLOCK_ERROR_TARGET
        highest = holds.shape[1] - 1 - holds[:, ::-1].argmax(1)
        known = (self.error_rate < 1.0).any(2)
        lowest = known.argmax(1)[:, None]
        object.__setattr__(self, "_best", np.where(holds.any(1), highest, lowest))

    def index(self, sinr_db: Floats) -> Ints:
        """Nearest row of the table for an SINR; any shape."""
        step_db = self.sinr_db[1] - self.sinr_db[0]
        nearest = np.rint((sinr_db - self.sinr_db[0]) / step_db)
        row: Ints = np.clip(nearest, 0, self.sinr_db.size - 1).astype(np.int64)
        return row

    def best_mcs(self, groups: Ints, sinr_db: Floats) -> Ints:
        """The highest MCS that holds the block error target, else the lowest there is; ``[U]``."""
        best: Ints = self._best[groups, self.index(sinr_db)]  # type: ignore[attr-defined]
        return best

    def chance_of_error(self, groups: Ints, mcs: Ints, sinr_db: Floats) -> Floats:
        """Of a transport block, ``[U]``."""
        return self.error_rate[groups, mcs, self.index(sinr_db)]


def effective_sinr_db(sinr: Floats, given: Flags, beta: Floats) -> Floats:
    """Exponential effective SINR of the bands of a block (EESM, as in Sionna SYS).

    Args:
        sinr: linear, ``[F, U]``.
        given: ``[F, U]`` which bands the block of each UE fills.
        beta: ``[U]`` of its MCS.

    Returns:
        ``[U]``; some very low value for UEs without a block.
    """
    bands = np.maximum(given.sum(0), 1)
    mean = np.where(given, np.exp(-sinr / beta), 0.0).sum(0) / bands
    # the logarithm of a mean that underflows would be infinite
    sinr_eff = -beta * np.log(np.maximum(mean, np.finfo(float).tiny))
    db: Floats = 10.0 * np.log10(np.maximum(np.where(given.any(0), sinr_eff, 0.0), _LEAST_SINR))
    return db


@dataclass
class OuterLoop:
    """An SINR offset for each UE, moved by its acknowledgements until the target is met.

    Attributes:
        ues: U.
        target: block error rate.
        offset_db: ``[U]`` subtracted from the reported SINR.
    """

    ues: int
    target: float = BLOCK_ERROR_TARGET
    offset_db: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.offset_db = np.zeros(self.ues)

    def feed_back(self, sent: Flags, failed: Flags) -> None:
        """Learn from the blocks of a slot; both ``[U]``."""
        down_db = STEP_UP_DB * self.target / (1.0 - self.target)
        step_db = np.where(failed, STEP_UP_DB, -down_db)
        self.offset_db = np.clip(self.offset_db + np.where(sent, step_db, 0.0), *OFFSET_LIMITS_DB)
