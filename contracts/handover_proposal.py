"""A handover that an xApp proposes; whether and by whom it is carried out is decided elsewhere."""

from pydantic import Field

from contracts.canonical import Contract
from contracts.requirement import CellId

HANDOVER_PROPOSAL = 31002
"""RMR message type of a :class:`HandoverProposal`, JSON, to everybody that takes it."""


class HandoverProposal(Contract):
    """One UE, one target, and what was predicted; all powers are L1-RSRP of the strongest SSB."""

    ran_name: str
    kpm_time_ms: int = Field(ge=0, description="of the report that it follows from")
    ue_id: int = Field(ge=0)
    serving_cell: CellId
    target_cell: CellId
    horizon_ms: int = Field(gt=0, description="how far ahead the powers are predicted")
    serving_rsrp_dbm: float = Field(description="predicted")
    target_rsrp_dbm: float = Field(description="predicted")
