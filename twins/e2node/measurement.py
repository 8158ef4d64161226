"""Key performance measurements (E2SM-KPM v04.00) of a simulated network.

Report styles 1 (a cell, or the node), 2 (one UE), 4 (UEs that match) and 5 (UEs by name). Time
stamps are KPM time since the network began.
"""

from collections.abc import Sequence

from contracts.e2.common.function import EventTriggerStyle, RanFunctionName
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.function import MeasurementOffer, RanFunction, ReportStyle
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import OF_CELL, OF_UE
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from twins.e2node.measurement_plan import Plan, plan_of
from twins.e2node.measurement_reports import MeasurementReporter
from twins.e2node.network import Action, Admission, ControlFailureError, Network

KPM = kpm(KpmVersion.V4_00)

_STYLES = (
    (1, "E2 Node Measurement", OF_CELL, 1),
    (2, "E2 Node Measurement for a single UE", OF_UE, 1),
    (4, "Common Condition-based, UE-level Measurement", OF_UE, 3),
    (5, "E2 Node Measurement for multiple UEs", OF_UE, 3),
)


class Measurement:
    """The RAN function; one for all subscriptions of a node.

    Args:
        network: what is measured.
        number: RAN function identifier.
    """

    oid = "1.3.6.1.4.1.53148.1.2.2.2"
    """That of version 2: nodes of later versions announce it too, for xApps that know no other."""

    def __init__(self, network: Network, number: int) -> None:
        self.number = number
        self._network = network

    def definition(self) -> bytes:
        """The styles, and what can be measured with each."""
        return KPM.ran_function.encode(
            RanFunction(
                name=RanFunctionName("ORAN-E2SM-KPM", self.oid, "KPM Monitor"),
                event_trigger_styles=(EventTriggerStyle(1, "Periodic report", 1),),
                report_styles=tuple(
                    ReportStyle(
                        style_type=style,
                        name=name,
                        action_format=style,
                        measurements=tuple(MeasurementOffer(m) for m in measurements),
                        header_format=1,
                        message_format=message_format,
                    )
                    for style, name, measurements, message_format in _STYLES
                ),
            )
        )

    def subscribe(self, trigger: bytes, actions: Sequence[Action]) -> Admission:
        """Admit the actions that ask for what can be measured.

        All actions of a subscription share one granularity period.

        Raises:
            RanwrightError: ``e2.malformed``, the trigger is none of KPM.
        """
        period_ms = KPM.event_trigger.decode(trigger).reporting_period_ms
        node = self._network.info()
        plans: dict[int, Plan] = {}
        not_admitted: dict[int, RanwrightError] = {}
        for action in actions:
            try:
                definition = KPM.action_definition.decode(action.definition)
                plan = plan_of(definition, node, period_ms, next(iter(plans.values()), None))
            except RanwrightError as error:
                not_admitted[action.action_id] = error
            else:
                plans[action.action_id] = plan
        reporter = MeasurementReporter(self._network, gnb_of(node.node_name), period_ms, plans)
        return Admission(reporter, not_admitted)

    def control(self, call_process_id: bytes | None, header: bytes, message: bytes) -> bytes:
        """KPM has no controls."""
        raise ControlFailureError(
            RanwrightError(
                "control.unknown_style", "E2SM-KPM has no control.", "Control E2SM-CCC or RC."
            )
        )
