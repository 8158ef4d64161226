"""The service models that have codecs here, the likeliest first."""

from contracts.e2.ccc import OIDS as CCC_OIDS
from contracts.e2.ccc.control import ControlHeader, ControlMessage, ControlOutcome
from contracts.e2.ccc.function import RanFunctionDefinition
from contracts.e2.ccc.indication import IndicationHeader, IndicationMessage
from contracts.e2.ccc.subscription import ActionDefinition, EventTrigger
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.version import OIDS as KPM_OIDS
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.llc import OID as LLC_OID
from contracts.e2.llc.codec import LLC
from contracts.e2.models import PayloadKind, ServiceModel
from contracts.e2.rc.codec import rc
from contracts.e2.rc.version import OID as RC_OID
from contracts.e2.rc.version import RcVersion


def _kpm(version: KpmVersion) -> ServiceModel:
    payloads = kpm(version)
    return ServiceModel(
        f"E2SM-KPM {version.label}",
        tuple(KPM_OIDS),
        {
            PayloadKind.RAN_FUNCTION_DEFINITION: payloads.ran_function.decode,
            PayloadKind.EVENT_TRIGGER: payloads.event_trigger.decode,
            PayloadKind.ACTION_DEFINITION: payloads.action_definition.decode,
            PayloadKind.INDICATION_HEADER: payloads.indication_header.decode,
            PayloadKind.INDICATION_MESSAGE: payloads.indication_message.decode,
        },
    )


def _rc(version: RcVersion) -> ServiceModel:
    payloads = rc(version)
    return ServiceModel(
        f"E2SM-RC {version.label}",
        (RC_OID,),
        {
            PayloadKind.RAN_FUNCTION_DEFINITION: payloads.ran_function.decode,
            PayloadKind.EVENT_TRIGGER: payloads.event_trigger.decode,
            PayloadKind.ACTION_DEFINITION: payloads.action_definition.decode,
            PayloadKind.INDICATION_HEADER: payloads.indication_header.decode,
            PayloadKind.INDICATION_MESSAGE: payloads.indication_message.decode,
            PayloadKind.CALL_PROCESS_ID: payloads.call_process_id.decode,
            PayloadKind.CONTROL_HEADER: payloads.control_header.decode,
            PayloadKind.CONTROL_MESSAGE: payloads.control_message.decode,
            PayloadKind.CONTROL_OUTCOME: payloads.control_outcome.decode,
        },
    )


_CCC = ServiceModel(
    "E2SM-CCC",
    CCC_OIDS,
    {
        PayloadKind.RAN_FUNCTION_DEFINITION: RanFunctionDefinition.decode,
        PayloadKind.EVENT_TRIGGER: EventTrigger.decode,
        PayloadKind.ACTION_DEFINITION: ActionDefinition.decode,
        PayloadKind.INDICATION_HEADER: IndicationHeader.decode,
        PayloadKind.INDICATION_MESSAGE: IndicationMessage.decode,
        PayloadKind.CONTROL_HEADER: ControlHeader.decode,
        PayloadKind.CONTROL_MESSAGE: ControlMessage.decode,
        PayloadKind.CONTROL_OUTCOME: ControlOutcome.decode,
    },
)

_LLC = ServiceModel(
    "E2SM-LLC v01.00",
    (LLC_OID,),
    {
        PayloadKind.RAN_FUNCTION_DEFINITION: LLC.ran_function.decode,
        PayloadKind.EVENT_TRIGGER: LLC.event_trigger.decode,
        PayloadKind.ACTION_DEFINITION: LLC.action_definition.decode,
        PayloadKind.INDICATION_HEADER: LLC.indication_header.decode,
        PayloadKind.INDICATION_MESSAGE: LLC.indication_message.decode,
        PayloadKind.CONTROL_HEADER: LLC.control_header.decode,
        PayloadKind.CONTROL_MESSAGE: LLC.control_message.decode,
        PayloadKind.CONTROL_OUTCOME: LLC.control_outcome.decode,
    },
)

SERVICE_MODELS: tuple[ServiceModel, ...] = (
    _CCC,
    *(_kpm(version) for version in reversed(KpmVersion)),
    *(_rc(version) for version in reversed(RcVersion)),
    _LLC,
)
"""JSON first, which no other model takes; newer versions before older ones."""
