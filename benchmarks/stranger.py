"""Somebody on the machine who was never onboarded, and sends E2 controls past the actuator.

RMR names senders and proves none: a stranger sends in its own name, which the RIC refuses and says
so, or in the actuator's, which reaches the node. The node's answer then goes to the actuator.
"""

import secrets
import socket
from pathlib import Path
from typing import Self

import xapps.actuator
from agents.service import actuator
from agents.service.ric import ask
from contracts.e2.ap import (
    ControlAckRequest,
    RicControlFailure,
    RicControlRequest,
    RicRequestId,
    decode_pdu,
    encode_pdu,
)
from contracts.errors import RanwrightError
from contracts.site import Site
from xapps.platform.descriptor import read_descriptor
from xapps.platform.home import RicHome
from xapps.platform.message_types import RIC_CONTROL_REQ
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState
from xapps.platform.rmr.frame import encode
from xapps.sdk.e2 import REQUESTOR
from xapps.sdk.nodes import NodeDirectory

ANSWER_TIMEOUT_S = 10.0
_DESCRIPTOR = Path(xapps.actuator.__file__).parent / "config-file.json"


class Stranger:
    """Knows where everything listens.

    Args:
        site: whose RIC and plant; both are up.
    """

    def __init__(self, site: Site) -> None:
        home = RicHome(site.ric)
        services = ask(home, "status")["services"]
        directory = NodeDirectory(f"http://{services['e2mgr']}")
        (self._node,) = directory.connected()
        self._function_id = directory.functions(self._node).ccc
        host, _, e2_port = services["e2_rmr"].rpartition(":")
        self._e2 = host, int(e2_port)
        found = actuator.instance(home)
        assert found is not None
        port = read_descriptor(_DESCRIPTOR.read_bytes()).rmr_port
        self._actuator = f"{found['address']}:{port}"
        self._endpoint = RmrEndpoint(RmrSettings())
        table = f"newrt|start\nrte|{RIC_CONTROL_REQ}|{services['e2_rmr']}\nnewrt|end|1\n"
        self._endpoint.set_routes(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._endpoint.close()

    def control(self, header: bytes, message: bytes, call_process_id: bytes | None) -> bytes:
        """The octets of a RIC CONTROL REQUEST to the site's node."""
        request_id = RicRequestId(REQUESTOR, secrets.randbelow(1 << 16))
        return encode_pdu(
            RicControlRequest(
                request_id,
                self._function_id,
                header,
                message,
                call_process_id,
                ControlAckRequest.ACK,
            )
        )

    def send(self, payload: bytes) -> str:
        """Send octets in its own name.

        Returns:
            What was answered, where something was.

        Raises:
            RanwrightError: ``e2.control_refused``, with the cause.
        """
        asked = RmrMessage(RIC_CONTROL_REQ, payload, meid=self._node)
        answer = self._endpoint.call(asked, ANSWER_TIMEOUT_S)
        if isinstance(answer, RmrState):
            return answer.name
        said = decode_pdu(answer.payload).message
        if isinstance(said, RicControlFailure):
            cause = f"{type(said.cause).__name__}.{said.cause.name}"
            raise RanwrightError("e2.control_refused", cause, "Ask the actuator.")
        return type(said).__name__

    def send_as_actuator(self, payload: bytes) -> None:
        """Send octets in the actuator's name; nobody here hears what is answered."""
        forged = RmrMessage(RIC_CONTROL_REQ, payload, meid=self._node, source=self._actuator)
        with socket.create_connection(self._e2, ANSWER_TIMEOUT_S) as connection:
            connection.sendall(encode(forged))
