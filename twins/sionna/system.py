"""Sionna SYS without Sionna RT: link adaptation and block errors, loaded when first needed.

``import sionna`` loads Sionna RT, which fails where LLVM is missing. Nothing here traces rays, so
the sub-packages are imported below a parent package whose own initialisation is left out.
"""

import importlib
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

MCS_TABLE = 2
"""TS 38.214 Table 5.1.3.1-2: up to 256QAM."""

PDSCH = 1
BLOCK_ERROR_TARGET = 0.1


@dataclass(frozen=True)
class SystemLevel:
    """Sionna's link abstraction; building it interpolates the tables (seconds)."""

    sys: ModuleType
    abstraction: Any
    effective_sinr: Any

    def link(self, batch: int, ues: int) -> "AdaptiveLink":
        """Fresh outer-loop state for a batch of networks."""
        olla = self.sys.OuterLoopLinkAdaptation(
            self.abstraction, num_ut=ues, bler_target=BLOCK_ERROR_TARGET, batch_size=[batch]
        )
        return AdaptiveLink(self, olla, torch.full((batch, ues), -1, dtype=torch.int32))


@dataclass
class AdaptiveLink:
    """Outer-loop link adaptation and block errors of all UEs, slot by slot."""

    system: SystemLevel
    olla: Any
    feedback: Tensor
    mcs: Tensor | None = None

    def transmit(self, sinr: Tensor, reported_sinr: Tensor, elements: Tensor) -> Tensor:
        """Send one transport block to each scheduled UE.

        Args:
            sinr: linear SINR of the bands allocated to each UE, 0 elsewhere, ``[B, F, U]``.
            reported_sinr: the same bands as last reported, ``[B, F, U]``.
            elements: allocated resource elements, ``[B, U]`` int32.

        Returns:
            Bits delivered, ``[B, U]``.
        """
        tables = {"mcs_table_index": MCS_TABLE, "mcs_category": PDSCH}
        guess = self.mcs if self.mcs is not None else torch.full_like(elements, 10)
        expected = self.system.effective_sinr(_grid(reported_sinr), guess, **tables)
        mcs = self.olla(elements, harq_feedback=self.feedback, sinr_eff=expected, **tables)
        effective = self.system.effective_sinr(_grid(sinr), mcs, **tables)
        bits: Tensor
        bits, self.feedback, *_ = self.system.abstraction(
            mcs, sinr_eff=effective, num_allocated_re=elements, **tables
        )
        self.mcs = torch.where(elements > 0, mcs, guess)
        return bits.to(torch.float32)


def load_system_level(seed: int) -> SystemLevel:
    """Import Sionna SYS and seed its global generator."""
    global _loaded
    if _loaded is None:
        _import_parent_only("sionna")
        sys_package = importlib.import_module("sionna.sys")
        table = Path(str(sys_package.__file__)).parent / "bler_tables" / "PDSCH_table2.json"
        abstraction = sys_package.PHYAbstraction(load_bler_tables_from=str(table))
        _loaded = SystemLevel(sys_package, abstraction, sys_package.EESM())
    importlib.import_module("sionna.phy").config.seed = seed
    return _loaded


_loaded: SystemLevel | None = None


def _import_parent_only(name: str) -> None:
    """Register a package without running its ``__init__``, unless it is imported already."""
    if name in sys.modules:
        return
    spec = find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    bare = ModuleSpec(name, None, is_package=True)
    bare.submodule_search_locations = spec.submodule_search_locations
    sys.modules[name] = module_from_spec(bare)


def _grid(sinr: Tensor) -> Tensor:
    """``[B, F, U]`` as Sionna's ``[B, symbols, sub-carriers, UE, stream]``."""
    return sinr.unsqueeze(1).unsqueeze(-1)
