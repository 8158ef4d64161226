"""The R-NIB: what is known of E2 nodes, as records that xApps read from the SDL.

Facts: ric.md section 4.8. The records are the protobuf types that ``ricxappframe`` ships.
"""

import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

import structlog
from google.protobuf.message import DecodeError

from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace

with warnings.catch_warnings():
    # generated for an older protobuf, which now warns at every descriptor it makes
    warnings.simplefilter("ignore", DeprecationWarning)
    from ricxappframe.entities.rnib import nb_identity_pb2, nodeb_info_pb2

NAMESPACE = "e2Manager"
CONNECTION_CHANNEL, MANIPULATION_CHANNEL = "RAN_CONNECTION_STATUS_CHANGE", "RAN_MANIPULATION"
_NODE = "RAN:"
_log = structlog.get_logger(__name__)
NodeType = Literal["GNB", "ENB"]


class ConnectionStatus(IntEnum):
    """Connection of a node, numbered as in the records."""

    UNKNOWN_CONNECTION_STATUS = 0
    CONNECTED = 1
    DISCONNECTED = 2
    CONNECTED_SETUP_FAILED = 3
    CONNECTING = 4
    SHUTTING_DOWN = 5
    SHUT_DOWN = 6


@dataclass(frozen=True, slots=True)
class RanFunction:
    """A RAN function of a node; its definition is E2SM octets."""

    function_id: int
    definition: bytes
    revision: int
    oid: str


@dataclass(frozen=True, slots=True)
class Node:
    """An E2 node.

    Args:
        name: RAN name, the MEID of its messages.
        plmn_id: PLMN identity, hexadecimal.
        nb_id: node identity, a string of bits.
        node_type: gNB (an en-gNB too) or eNB (an ng-eNB too).
        status: of its connection.
        functions: RAN functions that it announced.
        termination: RMR address of the E2 termination that it is connected to.
    """

    name: str
    plmn_id: str
    nb_id: str
    node_type: NodeType
    status: ConnectionStatus
    functions: tuple[RanFunction, ...] = ()
    termination: str = ""


class Rnib:
    """Nodes in the SDL; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._data = Namespace(database, NAMESPACE)
        self._lock = threading.RLock()

    def node(self, name: str) -> Node | None:
        """One node."""
        record = self._data.get(_NODE + name)
        return None if record is None else _read(name, record)

    def nodes(self) -> Iterator[Node]:
        """All nodes that were ever connected, by name."""
        found = (_read(key, record) for key, record in self._data.find(_NODE).items())
        return (node for node in found if node is not None)

    def put(self, node: Node) -> None:
        """Keep what is known of a node, and tell who listens when its connection changed."""
        with self._lock:
            before = self.node(node.name)
            if before is not None:
                self._data.remove_member(before.node_type, _identity(before))
            identity = _identity(node)
            self._data.set(
                {
                    _NODE + node.name: _record(node),
                    f"{node.node_type}:{node.plmn_id}:{node.nb_id}": identity,
                }
            )
            self._data.add_member(node.node_type, identity)
            if before is None:
                self._data.publish(MANIPULATION_CHANNEL, f"{node.name}_ADDED")
            if before is None or before.status is not node.status:
                self._data.publish(CONNECTION_CHANNEL, f"{node.name}_{node.status.name}")


def _identity(node: Node) -> bytes:
    identity = nb_identity_pb2.NbIdentity(
        inventory_name=node.name, connection_status=int(node.status)
    )
    identity.global_nb_id.plmn_id = node.plmn_id
    identity.global_nb_id.nb_id = node.nb_id
    return _octets(identity)


def _record(node: Node) -> bytes:
    info = nodeb_info_pb2.NodebInfo(
        ran_name=node.name,
        connection_status=int(node.status),
        node_type=nodeb_info_pb2.Node.Type.Value(node.node_type),
        associated_e2t_instance_address=node.termination,
        setup_from_network=True,
    )
    info.global_nb_id.plmn_id = node.plmn_id
    info.global_nb_id.nb_id = node.nb_id
    if node.node_type == "ENB":
        info.enb.SetInParent()  # the record of an eNB has no place for RAN functions
    else:
        info.gnb.SetInParent()
        for function in node.functions:
            info.gnb.ran_functions.add(
                ran_function_id=function.function_id,
                ran_function_definition=function.definition.hex().upper(),
                ran_function_revision=function.revision,
                ran_function_oid=function.oid,
            )
    return _octets(info)


def _read(key: str, record: bytes) -> Node | None:
    """A node, ``None`` where an SDL client wrote something else over it."""
    try:
        return _node(nodeb_info_pb2.NodebInfo.FromString(record))
    except (DecodeError, ValueError) as error:
        _log.warning("rnib.unreadable_record", key=key, cause=str(error))
        return None


def _node(info: Any) -> Node:
    return Node(
        name=info.ran_name,
        plmn_id=info.global_nb_id.plmn_id,
        nb_id=info.global_nb_id.nb_id,
        node_type="ENB" if info.HasField("enb") else "GNB",
        status=ConnectionStatus(info.connection_status),
        functions=tuple(
            RanFunction(
                function.ran_function_id,
                bytes.fromhex(function.ran_function_definition),
                function.ran_function_revision,
                function.ran_function_oid,
            )
            for function in info.gnb.ran_functions
        ),
        termination=info.associated_e2t_instance_address,
    )


def _octets(message: Any) -> bytes:
    octets: bytes = message.SerializeToString(deterministic=True)
    return octets
