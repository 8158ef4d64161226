"""A plain ``ricxappframe`` xApp with E2 on it, set up from what every RIC gives an xApp."""

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from ricsdl.exceptions import SdlException

from xapps.sdk.e2 import E2
from xapps.sdk.follow import NodeFollower
from xapps.sdk.gnb import Gnb
from xapps.sdk.nodes import NodeDirectory
from xapps.sdk.notices import Endpoint, SubscriptionClient
from xapps.sdk.web import XappServer

with warnings.catch_warnings():
    # its protobuf modules were generated for an older protobuf, which now warns at each of them
    warnings.simplefilter("ignore", DeprecationWarning)
    from ricxappframe.xapp_frame import RMRXapp

    from xapps.sdk.framework import FrameworkMessenger

_log = structlog.get_logger(__name__)
SUBSCRIPTIONS_NAMESPACE = "xapp_subscriptions"
"""Of the SDL: identifiers of the subscriptions of each xApp, JSON, by its name."""

SUBMGR_URL = "http://service-ricplt-submgr-http.ricplt:8088"
E2MGR_URL = "http://service-ricplt-e2mgr-http.ricplt:3800"


class E2Xapp:
    """An xApp that speaks E2.

    Reads the descriptor that ``CONFIG_FILE`` names, serves HTTP and RMR on the descriptor's ports,
    and keeps ``controls`` as they are in the descriptor now.

    Args:
        is_ready: whether it does its work, for the platform's readiness probe; by default whether
            every node is served that :meth:`follow_nodes` found.

    Attributes:
        name: of the xApp, as in its descriptor.
        messenger: RMR, for messages that are not E2's: A1 policies, other xApps.
        e2: subscriptions and controls.
        directory: of E2 nodes.
    """

    def __init__(self, is_ready: Callable[[], bool] | None = None) -> None:
        descriptor = json.loads(Path(os.environ["CONFIG_FILE"]).read_text(encoding="utf-8"))
        self.name = str(descriptor["name"])
        self._controls: Mapping[str, Any] = descriptor.get("controls") or {}
        ports = {p["name"]: int(p["port"]) for p in descriptor["messaging"]["ports"]}
        self._frame = RMRXapp(_drop, self._configure, rmr_port=ports["rmrdata"])
        host = f"service-ricxapp-{self.name}-http.ricxapp"
        own = Endpoint(host, ports["http"], ports["rmrdata"])
        client = SubscriptionClient(SUBMGR_URL, own, self._keep_subscriptions)
        self.messenger = FrameworkMessenger(self._frame)
        self.e2 = E2(self.messenger, client, self._earlier_subscriptions())
        self.directory = NodeDirectory(E2MGR_URL)
        address = os.environ.get("RMR_BIND_IF", "0.0.0.0")  # noqa: S104 - a pod has its own
        self._follower: NodeFollower | None = None
        self._server = XappServer(
            address, ports["http"], client.notify, is_ready or self._serves_all_nodes
        )

    @property
    def controls(self) -> Mapping[str, Any]:
        """The descriptor's controls, checked by the platform against the schema."""
        return self._controls

    def gnb(self, ran_name: str) -> Gnb:
        """A connected node.

        Raises:
            RanwrightError: as :meth:`NodeDirectory.functions`.
        """
        return Gnb(self.e2, ran_name, self.directory.functions(ran_name))

    def follow_nodes(self, serve: Callable[[str], None]) -> None:
        """Have every node that connects served in a thread, as :class:`NodeFollower` does."""
        self._follower = NodeFollower(self.directory, serve)
        self._follower.start()

    def share(self, namespace: str, key: str, value: Any) -> None:
        """Keep a JSON value in the SDL, where other xApps find it."""
        self._frame.sdl.set(namespace, key, json.dumps(value).encode(), usemsgpack=False)

    def _earlier_subscriptions(self) -> list[str]:
        kept = self._frame.sdl.get(SUBSCRIPTIONS_NAMESPACE, self.name, usemsgpack=False)
        return [str(name) for name in json.loads(kept)] if kept else []

    def _keep_subscriptions(self, names: Sequence[str]) -> None:
        try:
            self.share(SUBSCRIPTIONS_NAMESPACE, self.name, names)
        except SdlException as error:
            # they cannot be ended then, should this process be killed before it ends them
            _log.warning("xapp.subscriptions_not_kept", reason=str(error))

    def run(self) -> None:
        """Read messages; does not return."""
        self._frame.run(rmr_timeout=1)

    def _serves_all_nodes(self) -> bool:
        return self._follower is None or self._follower.is_ready()

    def _configure(self, _frame: Any, descriptor: Mapping[str, Any]) -> None:
        self._controls = descriptor.get("controls") or {}


def _drop(frame: Any, _summary: Any, buffer: Any) -> None:
    frame.rmr_free(buffer)
