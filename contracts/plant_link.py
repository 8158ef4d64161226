"""The plant link: what actuator and plant promise each other, on E2.

A read-back is a report of E2SM-CCC, a report one of E2SM-KPM, and a control one of E2SM-CCC that
the actuator's credential goes with (:mod:`contracts.e2.credential`): nobody else holds a key that
the plant accepts. There is no other way to control it. Who looks at a simulated plant from its own
machine finds on its local socket (JSON-RPC, see :mod:`contracts.rpc`):

========== ============================== ==============================================
read_back  ``{}``                         :class:`NodeInfo`
subscribe  ``{period_ms, count}``         emits :class:`KpmReport` ``count`` times
========== ============================== ==============================================

``expected_version`` makes a control a compare-and-set, so a repeated or late one is refused with
``control.stale_version`` instead of acting twice.

Every accepted control raises ``resource_version`` by one: a handover too, and one that sets the
present values again. Recovery uses that as a fence: after it, a control that is still under way is
stale.

``node_name`` names one life of a node: a plant that begins anew has another name, so that nothing
made for the earlier one acts on it although versions start again.

What the actuator saw leaves it as an :class:`Observation` in a DSSE envelope of type
``SNAPSHOT_PAYLOAD_TYPE``: a planner can hand a snapshot on but not make one.
"""

from typing import Literal

from pydantic import Field

from contracts.action import ParameterChange
from contracts.canonical import Contract, Digest
from contracts.network import CellConfiguration, NetworkSnapshot

SNAPSHOT_PAYLOAD_TYPE = "application/vnd.ranwright.snapshot+json"


class NodeInfo(Contract):
    """Identity, RAN functions and present configuration of the plant."""

    node_name: str = Field(description="one life of a node, see the module")
    scenario: str
    scenario_digest: Digest
    ran_functions: tuple[Literal["KPM", "RC"], ...] = ("KPM", "RC")
    kpm_time_ms: int = Field(ge=0)
    pace_factor: float = Field(gt=0, description="KPM seconds per wall second")
    resource_version: int = Field(ge=0)
    cells: tuple[CellConfiguration, ...]


class ControlRequest(Contract):
    """Set absolute values on all named cells at once, or on none."""

    node_name: str
    request_id: str = Field(
        description="certificate id, and after it `:1`, `:2`, ... for the stages of the action, or"
        " `:rollback`, `:fence` or `:fall_back`"
    )
    expected_version: int = Field(ge=0)
    changes: tuple[ParameterChange, ...] = Field(min_length=1)


class HandoverRequest(Contract):
    """Hand a UE over to a cell of the same node."""

    node_name: str
    request_id: str
    ue_id: int = Field(ge=0)
    target_cell: int = Field(ge=0)


class ControlAck(Contract):
    """The plant has taken the values over; that is not yet an effect."""

    request_id: str
    resource_version: int
    kpm_time_ms: int


class Observation(Contract):
    """A snapshot and the node it was taken of; the actuator signs it."""

    node_name: str
    snapshot: NetworkSnapshot
