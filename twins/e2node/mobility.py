"""Handover on command: control style 3, action 1 of E2SM-RC (clauses 7.6.4.1 and 8.4.4.1)."""

from collections.abc import Sequence

from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.common.function import RanFunctionName
from contracts.e2.common.ue import UeIdGnb
from contracts.e2.credential import ControlCredential
from contracts.e2.identity import MCC, MNC, cell_id, nr_cell_identity
from contracts.e2.node_configuration import gnb_of
from contracts.e2.rc.actions import CONNECTED_MODE_MOBILITY, HANDOVER, read_handover
from contracts.e2.rc.codec import codec_for
from contracts.e2.rc.control import UeControl
from contracts.e2.rc.function import ControlActionOffer, ControlStyle, RanFunction
from contracts.e2.rc.outcome import Results
from contracts.e2.rc.parameters import ParameterDefinition, StructureDefinition
from contracts.e2.rc.version import OID
from contracts.errors import RanwrightError
from contracts.plant_link import HandoverRequest
from twins.e2node.network import Action, Admission, ControlFailureError, MobileNetwork
from twins.e2node.senders import Senders

_NAME = "ORAN-E2SM-RC"
_RC = codec_for(OID, _NAME)


class Mobility:
    """The RAN function.

    Args:
        network: whose UEs are handed over.
        senders: whose controls count.
        number: RAN function identifier.
    """

    oid = OID

    def __init__(self, network: MobileNetwork, senders: Senders, number: int) -> None:
        self.number = number
        self._network = network
        self._senders = senders

    def definition(self) -> bytes:
        """One control style with one action."""
        return _RC.ran_function.encode(
            RanFunction(
                name=RanFunctionName(_NAME, OID, "RAN Control"), controls=(_CONNECTED_MODE,)
            )
        )

    def subscribe(self, trigger: bytes, actions: Sequence[Action]) -> Admission:
        """Refuse: this node reports, asks and decides nothing over E2SM-RC."""
        raise RanwrightError(
            "rc.not_reported", "This node offers no reports of E2SM-RC.", "Subscribe to E2SM-KPM."
        )

    def control(self, call_process_id: bytes | None, header: bytes, message: bytes) -> bytes:
        """Hand a UE over."""
        try:
            credential = self._senders(call_process_id, header, message)
            self._network.hand_over(_request(credential, header, message))
        except RanwrightError as error:
            raise ControlFailureError(error) from error
        return _RC.control_outcome.encode(Results())


def _request(credential: ControlCredential, header: bytes, message: bytes) -> HandoverRequest:
    wanted = _RC.control_header.decode(header)
    if not isinstance(wanted, UeControl) or (wanted.style_type, wanted.action) != (
        CONNECTED_MODE_MOBILITY,
        HANDOVER,
    ):
        raise RanwrightError(
            "control.unknown_style",
            "This node hands UEs over, and does nothing else over E2SM-RC.",
            f"Send action {HANDOVER} of style {CONNECTED_MODE_MOBILITY}, header format 1.",
        )
    if not isinstance(wanted.ue, UeIdGnb):
        raise RanwrightError(
            "control.unknown_ue",
            f"{type(wanted.ue).__name__} names no UE of a gNB.",
            "Name UEs as the reports of E2SM-KPM do.",
        )
    return HandoverRequest(
        node_name=credential.node_name,
        request_id=credential.request_id,
        ue_id=wanted.ue.amf_ue_ngap_id,
        target_cell=_target(credential, read_handover(_RC.control_message.decode(message))),
    )


def _target(credential: ControlCredential, identity: object) -> int:
    if isinstance(identity, NrCgi):
        number = cell_id(identity.cell)
        own = nr_cell_identity(gnb_of(credential.node_name), number)
        if identity == NrCgi(plmn_identity(MCC, MNC), own):
            return number
    raise RanwrightError(
        "control.unknown_cell",
        f"{identity} is no cell of {credential.node_name[:100]}.",
        "Name a cell as the node reports it.",
    )


_TARGET_CELL = ParameterDefinition(
    1,
    "Target Primary Cell ID",
    StructureDefinition(
        (
            ParameterDefinition(
                2,
                "CHOICE Target Cell",
                StructureDefinition(
                    (
                        ParameterDefinition(
                            3,
                            "NR Cell",
                            StructureDefinition((ParameterDefinition(4, "NR CGI"),)),
                        ),
                    )
                ),
            ),
        )
    ),
)
_CONNECTED_MODE = ControlStyle(
    style_type=CONNECTED_MODE_MOBILITY,
    name="Connected Mode Mobility Control",
    header_format=1,
    message_format=1,
    outcome_format=1,
    actions=(ControlActionOffer(HANDOVER, "Handover Control", (_TARGET_CELL,)),),
)
