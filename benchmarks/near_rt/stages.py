"""What each stage costs by itself, on the messages of the loop: smallest of many, microseconds."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.near_rt.node import GRID_MW, STEP_DB, DrawnNetwork
from benchmarks.near_rt.papers import envelope_around
from contracts.action import ParameterChange
from contracts.activation import Move
from contracts.e2.ap import (
    ControlAckRequest,
    IndicationType,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    decode_pdu,
    encode_pdu,
    peek,
)
from contracts.e2.ccc.control import CELL_STYLE, ControlHeader
from contracts.e2.credential import seal
from contracts.e2.node_configuration import gnb_of, powers_octets
from contracts.keys import init_keys, load_signer
from contracts.problem import Objective
from contracts.site import Site
from tools.near_rt.limits import Limits
from tools.near_rt.model import Links, Radio
from tools.near_rt.objective import Goal
from tools.near_rt.solver import PowerSolver
from twins.e2node.attach import KPM_NUMBER
from twins.e2node.measurement import Measurement
from twins.e2node.network import Action
from xapps.power_control.readings import ReadingAssembler, Readings, actions, trigger
from xapps.power_control.state import NetworkState

_REPEATS = 40
_PERIOD_MS = 200
_RADIO = Radio(-120.2, 3.0, 7.4063, 0.14, 2.0)


def stages_of(cells: int, ues: int, seed: int) -> dict[str, int]:
    """Smallest time of each stage, in the order in which a report passes them."""
    threadpool_limits(1)  # as the xApp's process has it
    network = DrawnNetwork(cells, ues, seed)
    node = network.info()
    ids = [c.cell_id for c in node.cells]
    wanted = [Action(n, d) for n, d in actions(gnb_of(node.node_name), ids, _PERIOD_MS).items()]
    reporter = Measurement(network, KPM_NUMBER).subscribe(trigger(_PERIOD_MS), wanted).reporter
    stop = Event()
    made = reporter.reports(stop)
    pdus = [
        encode_pdu(_indication(report.action_id, report.header, report.message))
        for report in (next(made), next(made))
    ]
    stop.set()
    largest = pdus[-1]
    decoded = [decode_pdu(p).message for p in pdus]
    readings = _assemble(decoded, ids)
    power = {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}
    state = NetworkState(ids, _PERIOD_MS, 2 * _PERIOD_MS, _RADIO.noise_dbm)
    state.take(readings, power)
    envelope = envelope_around(node, ids, GRID_MW, 6, STEP_DB)
    limits = Limits.of(envelope, sum(power.values()), ids)
    present = np.array([float(p) for p in power.values()])
    solver = PowerSolver(_RADIO, limits)
    goal = Goal(Objective.PROPORTIONAL_FAIRNESS, np.arange(ues), (), 1.0)
    net = state.network()

    def solve() -> object:
        return solver.solve(net, Links.under(present, net, _RADIO), present, goal)

    def average() -> object:
        state.forget()
        state.take(readings, power)
        return state.network()

    proposal = solver.solve(net, Links.under(present, net, _RADIO), present, goal)
    moved = {c: round(float(p)) for c, p in zip(ids, proposal.power_mw, strict=True)}
    move = Move(activation_id="0" * 32, sequence=1, tx_power_mw=moved)
    stages: dict[str, Callable[[], object]] = {
        "E2 termination: peek": lambda: peek(largest),
        "xApp: decode E2AP": lambda: [decode_pdu(p) for p in pdus],
        "xApp: read KPM": lambda: _assemble(decoded, ids),
        "xApp: average": average,
        "xApp: solve": solve,
        "move to JSON": lambda: move.model_dump_json().encode(),
        "actuator: move from JSON": lambda: Move.parse(move.model_dump_json()),
    }
    with TemporaryDirectory() as folder:
        site = Site(Path(folder))
        init_keys(site)
        signer = load_signer(site, "actuator")
        changes = [ParameterChange(cell_id=c, from_mw=power[c], to_mw=p) for c, p in moved.items()]
        header = ControlHeader.of(CELL_STYLE).encode()
        message = powers_octets(node, 0, changes)
        credential = seal(node.node_name, "x", header, message, signer)
        request = RicControlRequest(
            RicRequestId(1, 1), 4, header, message, credential, ControlAckRequest.ACK
        )
        stages |= {
            "actuator: make the control": lambda: powers_octets(node, 0, changes),
            "actuator: sign": lambda: seal(node.node_name, "x", header, message, signer),
            "actuator: encode E2AP": lambda: encode_pdu(request),
        }
        return {name: _smallest_us(work) for name, work in stages.items()}


def _indication(action_id: int, header: bytes, message: bytes) -> RicIndication:
    return RicIndication(
        RicRequestId(123, 1), KPM_NUMBER, action_id, IndicationType.REPORT, header, message, 0
    )


def _assemble(decoded: Sequence[object], ids: list[int]) -> Readings:
    assembler = ReadingAssembler(ids, _PERIOD_MS)
    readings = None
    for message in decoded:
        assert isinstance(message, RicIndication)
        readings = assembler.add(message)
    assert readings is not None
    return readings


def _smallest_us(work: Callable[[], object]) -> int:
    times = []
    for _ in range(_REPEATS):
        began_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - began_s)
    return round(1e6 * min(times))
