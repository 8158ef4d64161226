"""Steps kept apart: without any such pair nobody changes the cell, and each pair is needed."""

import itertools

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from agents.handovers import kept_apart
from agents.steps import Step, Way
from agents.verifier.activation.box import Box, Powers
from contracts.units import dbm_to_mw, mw_to_dbm
from twins.flow import serving_cells

CELLS = (1, 2, 3)
PRESENT_DBM = 40.0
STEP_DB = 0.5
OFFSET_DB = 2.0


def power_mw(steps: int) -> int:
    return round(dbm_to_mw(PRESENT_DBM + STEP_DB * steps))


def ways(cells: tuple[int, ...], steps: int) -> list[Way]:
    return [
        tuple(
            Step(cell, power_mw(rank if up else -rank), rank, up, 1.0)
            for rank in range(1, steps + 1)
        )
        for cell in cells
        for up in (True, False)
    ]


def box(cells: tuple[int, ...], steps: int) -> Box:
    return Box(dict.fromkeys(cells, power_mw(-steps)), dict.fromkeys(cells, power_mw(steps)))


class Network:
    """RSRP of some UEs from three cells, and who serves them at other powers."""

    def __init__(self, rsrp_dbm: Tensor) -> None:
        self.rsrp_dbm, self.first = rsrp_dbm, rsrp_dbm.argmax(-1)

    def serving(self, powers_mw: Powers) -> Tensor:
        change_db = [mw_to_dbm(powers_mw.get(c, power_mw(0))) - PRESENT_DBM for c in CELLS]
        return serving_cells(self.rsrp_dbm + torch.tensor(change_db), self.first, OFFSET_DB)


def network(data: st.DataObject) -> Network:
    levels = st.lists(st.floats(-95.0, -90.0, width=32), min_size=3, max_size=3)
    return Network(torch.tensor([data.draw(st.lists(levels, min_size=1, max_size=4))]))


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_whoever_takes_no_such_pair_hands_nobody_over(data) -> None:
    found, steps = network(data), 2
    moving = data.draw(st.sampled_from([(1, 2, 3), (1, 2), (2,)]))
    possible = ways(moving, steps)
    apart = kept_apart(possible, box(moving, steps), box(moving, 0), CELLS, found.serving)
    by_place = {(s.cell_id, s.rank if s.up else -s.rank): s for way in possible for s in way}
    for depths in itertools.product(range(-steps, steps + 1), repeat=len(moving)):
        places = dict(zip(moving, depths, strict=True))
        taken = {
            step
            for (cell, depth), step in by_place.items()
            if depth * places[cell] > 0 and abs(depth) <= abs(places[cell])
        }
        moved = (found.serving({c: power_mw(d) for c, d in places.items()}) != found.first).any()
        if moved:
            assert any(set(few) <= taken for few in apart), (places, apart)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_every_pair_hands_somebody_over(data) -> None:
    found = network(data)
    apart = kept_apart(ways(CELLS, 2), box(CELLS, 2), box(CELLS, 0), CELLS, found.serving)
    for few in apart:
        assert 1 <= len(few) <= 2
        there = found.serving({step.cell_id: step.to_mw for step in few})
        assert (there != found.first).any()


def test_what_another_activation_moves_counts_as_moved() -> None:
    """A UE of cell 1 that goes to cell 2 once both together have moved by 1.8 dB."""
    found = Network(torch.tensor([[[-90.0, -89.8, -120.0]]]))
    found.first = torch.tensor([[0]])
    possible = ways((1,), 2)
    assert not kept_apart(possible, box((1,), 2), box((1,), 0), CELLS, found.serving)

    def apart_beside(steps: int) -> list[list[tuple[int, int, bool]]]:
        """Where the other may raise cell 2 by so many steps."""
        present = Box({1: power_mw(0), 2: power_mw(0)}, {1: power_mw(0), 2: power_mw(steps)})
        widest = Box(present.lower_mw | {1: power_mw(-2)}, present.upper_mw | {1: power_mw(2)})
        apart = kept_apart(possible, widest, present, CELLS, found.serving)
        return [[(s.cell_id, s.rank, s.up) for s in few] for few in apart]

    assert apart_beside(1) == []
    assert apart_beside(2) == [[(1, 2, False)]]
    assert apart_beside(4) == []  # the other hands it over by itself
