"""What a plant accepts as a control. All else is refused with a cause and changes nothing."""

from contracts.action import ParameterChange
from contracts.errors import RanwrightError
from contracts.plant_link import ControlRequest
from contracts.problem import CONFIGURED_MAX_TX_POWER
from twins.scenario import Scenario


def accepted_powers(
    request: ControlRequest, node_name: str, resource_version: int, scenario: Scenario
) -> dict[int, int]:
    """The powers to set by cell id, milliwatts, when every part of the request is right.

    Raises:
        RanwrightError: ``control.wrong_node``, ``control.stale_version``,
            ``control.repeated_cell``, ``control.unknown_cell``, ``control.unknown_parameter``,
            ``control.out_of_range`` or ``control.off_grid``.
    """
    require_node(request.node_name, node_name)
    if request.expected_version != resource_version:
        raise RanwrightError(
            "control.stale_version",
            f"The configuration is at version {resource_version}, "
            f"the control was made for {request.expected_version}.",
            "Read back and decide anew.",
        )
    powers = {change.cell_id: change.to_mw for change in request.changes}
    if len(powers) < len(request.changes):
        raise RanwrightError(
            "control.repeated_cell", "A cell is set twice.", "Name each cell once."
        )
    for change in request.changes:
        _require_lawful(change, scenario)
    return powers


def require_node(meant: str, node_name: str) -> None:
    """Refuse what is meant for another node, or another life of this one.

    Raises:
        RanwrightError: ``control.wrong_node``.
    """
    if meant != node_name:
        raise RanwrightError(
            "control.wrong_node",
            f"This is {node_name}, not {meant[:100]!r}.",
            "Send the control to the node it names.",
        )


def _require_lawful(change: ParameterChange, scenario: Scenario) -> None:
    if change.cell_id not in scenario.cell_ids:
        raise RanwrightError(
            "control.unknown_cell",
            f"There is no cell {change.cell_id} here.",
            "Name a cell that the node reports.",
        )
    if change.parameter != CONFIGURED_MAX_TX_POWER:
        raise RanwrightError(
            "control.unknown_parameter",
            f"{change.parameter!r} cannot be set here.",
            f"Set {CONFIGURED_MAX_TX_POWER}.",
        )
    limits = scenario.equipment.configured_max_tx_power
    if not limits.min_mw <= change.to_mw <= limits.max_mw:
        raise RanwrightError(
            "control.out_of_range",
            f"Cell {change.cell_id}: {change.to_mw} mW is outside "
            f"{limits.min_mw}..{limits.max_mw} mW.",
            "Stay inside the range of the equipment.",
        )
    if change.to_mw not in limits.grid_mw():
        raise RanwrightError(
            "control.off_grid",
            f"Cell {change.cell_id}: {change.to_mw} mW is not on the {limits.step_db:g} dB grid.",
            "Choose a value of the grid.",
        )
