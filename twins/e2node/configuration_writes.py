"""What a control wants to write, and what it is told became of it."""

from collections.abc import Iterable, Mapping

from contracts.action import ParameterChange
from contracts.e2.ccc.control import (
    CELL_STYLE,
    Accepted,
    Cause,
    CellControl,
    CellOutcome,
    CellResults,
    ControlHeader,
    ControlledCell,
    ControlMessage,
    ControlOutcome,
    Failed,
    Write,
)
from contracts.e2.ccc.extension import SectorCarrier
from contracts.e2.ccc.identity import NrCgi
from contracts.e2.credential import ControlCredential
from contracts.e2.identity import cell_id
from contracts.e2.node_configuration import cell_global_id, gnb_of
from contracts.e2.ntp import ntp_timestamp
from contracts.errors import RanwrightError
from contracts.plant_link import ControlAck, ControlRequest, NodeInfo

Cells = tuple[ControlledCell, ...]


def written_cells(header: bytes, message: bytes) -> Cells:
    """The cells that a control writes to.

    Raises:
        RanwrightError: ``e2.ccc.malformed``, or ``control.unknown_style``.
    """
    style = ControlHeader.decode(header).format.ric_style_type
    written = ControlMessage.decode(message).format
    if style != CELL_STYLE or not isinstance(written, CellControl):
        raise RanwrightError(
            "control.unknown_style",
            f"This node writes cells (style {CELL_STYLE}, format 2), not style {style}.",
            f"Send a control of style {CELL_STYLE}.",
        )
    return written.cells


def control_request(credential: ControlCredential, cells: Cells) -> ControlRequest:
    """The control that the cells' writes amount to.

    Raises:
        RanwrightError: ``control.unknown_parameter``, ``control.unknown_cell``, or
            ``control.mixed_versions`` when the writes were not made for one configuration.
    """
    changes = tuple(_change(credential, cell, write) for cell in cells for write in cell.writes)
    versions = {
        w.old.resource_version for c in cells for w in c.writes if isinstance(w.old, SectorCarrier)
    }
    if len(versions) != 1 or (version := versions.pop()) is None:
        raise RanwrightError(
            "control.mixed_versions",
            f"The writes' old values name the versions {sorted(versions, key=str)}.",
            "Read back, and give the resourceVersion read there with each old value.",
        )
    return ControlRequest(
        node_name=credential.node_name,
        request_id=credential.request_id,
        expected_version=version,
        changes=changes,
    )


def accepted(cells: Cells, info: NodeInfo, ack: ControlAck) -> ControlOutcome:
    """The outcome when all writes took effect.

    Args:
        cells: what was written.
        info: the node after it.
        ack: names the version that the control made, and when; another control may have followed.
    """
    return _outcome(
        ack.kpm_time_ms,
        (
            CellResults(
                cell_global_id=cell.cell_global_id,
                accepted=tuple(Accepted.of(w, _present(cell, info, ack)) for w in cell.writes),
            )
            for cell in cells
        ),
    )


def failed(cells: Cells, error: RanwrightError, kpm_time_ms: int) -> ControlOutcome:
    """The outcome when none did."""
    cause = _CAUSES.get(error.code, "SemanticError")
    return _outcome(
        kpm_time_ms,
        (
            CellResults(
                cell_global_id=cell.cell_global_id,
                failed=tuple(Failed.of(w, cause) for w in cell.writes),
            )
            for cell in cells
        ),
    )


_CAUSES: Mapping[str, Cause] = {
    "control.stale_version": "IncompatibleState",
    "control.wrong_node": "IncompatibleState",
    "control.unknown_parameter": "NotSupported",
    "control.unknown_cell": "NotAvailable",
}
"""Of clause 9.3.11; any other refusal is about the value written."""


def _change(credential: ControlCredential, cell: ControlledCell, write: Write) -> ParameterChange:
    old, new = write.old, write.new
    if not isinstance(old, SectorCarrier) or not isinstance(new, SectorCarrier):
        raise _unknown_parameter(write.ran_configuration_structure_name)
    if read_only := write.read_only():
        raise _unknown_parameter(", ".join(read_only))
    if new.configured_max_tx_power_mw is None or old.configured_max_tx_power_mw is None:
        raise _unknown_parameter("nothing")
    return ParameterChange(
        cell_id=_cell(credential, cell),
        from_mw=old.configured_max_tx_power_mw,
        to_mw=new.configured_max_tx_power_mw,
    )


def _unknown_parameter(name: str) -> RanwrightError:
    return RanwrightError(
        "control.unknown_parameter",
        f"{name[:100]} cannot be set here.",
        f"Write configuredMaxTxPower of {SectorCarrier.structure_name}, old and new value.",
    )


def _cell(credential: ControlCredential, cell: ControlledCell) -> int:
    identity = cell.cell_global_id
    if isinstance(identity, NrCgi):
        number = cell_id(identity.cell_identity)
        if identity == cell_global_id(gnb_of(credential.node_name), number):
            return number
    raise RanwrightError(
        "control.unknown_cell",
        f"{identity} is no cell of {credential.node_name[:100]}.",
        "Name cells as the node reports them.",
    )


def _present(cell: ControlledCell, info: NodeInfo, ack: ControlAck) -> SectorCarrier:
    assert isinstance(cell.cell_global_id, NrCgi)  # checked when the request was made
    number = cell_id(cell.cell_global_id.cell_identity)
    power_mw = next(c.configured_max_tx_power_mw for c in info.cells if c.cell_id == number)
    return SectorCarrier(configured_max_tx_power_mw=power_mw, resource_version=ack.resource_version)


def _outcome(kpm_time_ms: int, cells: Iterable[CellResults]) -> ControlOutcome:
    """A node's clock shows KPM time, here as in its reports."""
    received = ntp_timestamp(kpm_time_ms * 1_000_000).hex()
    return ControlOutcome(format=CellOutcome(received_timestamp=received, cells=tuple(cells)))
