"""Elementary procedures: criticality, and the message of each kind (E2AP 8.1)."""

from typing import NamedTuple

from contracts.e2.ap import configuration as conf
from contracts.e2.ap import control, interface, services, setup
from contracts.e2.ap import modification as mod
from contracts.e2.ap import subscription as sub
from contracts.e2.ap.version import Criticality, E2apMessage, Procedure

Message = type[E2apMessage] | None


class ElementaryProcedure(NamedTuple):
    """Criticality, and the messages: initiating, successful, unsuccessful."""

    criticality: Criticality
    messages: tuple[type[E2apMessage], Message, Message]


def _answered(initiating: type[E2apMessage], *outcomes: Message) -> ElementaryProcedure:
    successful, unsuccessful = (*outcomes, None)[:2]
    return ElementaryProcedure(Criticality.REJECT, (initiating, successful, unsuccessful))


def _notice(initiating: type[E2apMessage]) -> ElementaryProcedure:
    return ElementaryProcedure(Criticality.IGNORE, (initiating, None, None))


PROCEDURES = {
    Procedure.E2_SETUP: _answered(
        setup.E2SetupRequest, setup.E2SetupResponse, setup.E2SetupFailure
    ),
    Procedure.ERROR_INDICATION: _notice(interface.ErrorIndication),
    Procedure.RESET: _answered(interface.ResetRequest, interface.ResetResponse),
    Procedure.RIC_CONTROL: _answered(
        control.RicControlRequest, control.RicControlAcknowledge, control.RicControlFailure
    ),
    Procedure.RIC_INDICATION: _notice(control.RicIndication),
    Procedure.RIC_SERVICE_QUERY: _notice(services.RicServiceQuery),
    Procedure.RIC_SERVICE_UPDATE: _answered(
        services.RicServiceUpdate,
        services.RicServiceUpdateAcknowledge,
        services.RicServiceUpdateFailure,
    ),
    Procedure.RIC_SUBSCRIPTION: _answered(
        sub.RicSubscriptionRequest, sub.RicSubscriptionResponse, sub.RicSubscriptionFailure
    ),
    Procedure.RIC_SUBSCRIPTION_DELETE: _answered(
        sub.RicSubscriptionDeleteRequest,
        sub.RicSubscriptionDeleteResponse,
        sub.RicSubscriptionDeleteFailure,
    ),
    Procedure.E2_NODE_CONFIGURATION_UPDATE: _answered(
        conf.E2NodeConfigurationUpdate,
        conf.E2NodeConfigurationUpdateAcknowledge,
        conf.E2NodeConfigurationUpdateFailure,
    ),
    Procedure.E2_CONNECTION_UPDATE: _answered(
        conf.E2ConnectionUpdate,
        conf.E2ConnectionUpdateAcknowledge,
        conf.E2ConnectionUpdateFailure,
    ),
    Procedure.RIC_SUBSCRIPTION_DELETE_REQUIRED: _notice(sub.RicSubscriptionDeleteRequired),
    Procedure.E2_REMOVAL: _answered(
        interface.E2RemovalRequest, interface.E2RemovalResponse, interface.E2RemovalFailure
    ),
    Procedure.RIC_SUBSCRIPTION_MODIFICATION: _answered(
        mod.RicSubscriptionModificationRequest,
        mod.RicSubscriptionModificationResponse,
        mod.RicSubscriptionModificationFailure,
    ),
    Procedure.RIC_SUBSCRIPTION_MODIFICATION_REQUIRED: _answered(
        mod.RicSubscriptionModificationRequired,
        mod.RicSubscriptionModificationConfirm,
        mod.RicSubscriptionModificationRefuse,
    ),
    Procedure.RIC_QUERY: _answered(
        control.RicQueryRequest, control.RicQueryResponse, control.RicQueryFailure
    ),
}
