"""The way to the plant for moves: what every control needs is kept at hand between them."""

from collections.abc import Sequence
from pathlib import Path

from contracts.action import ParameterChange
from contracts.clock import Clock
from contracts.dsse import Signer
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from contracts.plant_link import ControlAck, NodeInfo
from contracts.site import Site
from xapps.actuator.plant import ANSWER_TIMEOUT_S, Plant
from xapps.sdk.gnb import Gnb


class Hand:
    """Sends controls of moves; one thread at a time.

    Args:
        site: whose actuator signs.
        plant: finds the node.
        clock: hears of KPM time.
    """

    def __init__(self, site: Site, plant: Plant, clock: Clock) -> None:
        self._site = site
        self._plant = plant
        self._clock = clock
        self._gnb: tuple[str, Gnb] | None = None
        self._signer: tuple[int, Signer] | None = None

    def control(
        self, node: NodeInfo, request_id: str, changes: Sequence[ParameterChange]
    ) -> ControlAck:
        """Set values if the configuration is still the one in ``node``; as
        :meth:`xapps.actuator.plant.Plant.control`, whose errors it raises.
        """
        try:
            gnb = self._node(node.node_name)
            ack = gnb.set_powers(node, request_id, changes, self._pen(), ANSWER_TIMEOUT_S)
        except RanwrightError:
            self._gnb = None  # it may offer other functions when it comes back
            raise
        self._clock.observe(ack.kpm_time_ms)
        return ack

    def _node(self, name: str) -> Gnb:
        if self._gnb is None or self._gnb[0] != name:
            self._gnb = name, self._plant.node(name)
        return self._gnb[1]

    def _pen(self) -> Signer:
        """The actuator's key, read again when its file has changed."""
        written_ns = _written_ns(self._site.keys / "actuator.pem")
        if self._signer is None or self._signer[0] != written_ns:
            self._signer = written_ns, load_signer(self._site, "actuator")
        return self._signer[1]


def _written_ns(path: Path) -> int:
    """When a file was written; 0 where it is gone, which reading it will say."""
    return path.stat().st_mtime_ns if path.exists() else 0
