"""RAN configuration structures of clause 8.8: what a node reports and lets the RIC write.

Attribute values are spelled as in 9.4.2; the tables of 8.8 spell some of them otherwise in upper
and lower case (``nRPCI`` for ``nrPci``): both are read, the first is sent. Every attribute is
optional, since reports and controls carry only those that were asked for.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from contracts.e2.ccc.document import CccModel, Items
from contracts.e2.ccc.identity import PlmnId, PlmnInfoList, Snssai

GnbId = Annotated[int, Field(ge=0, le=(1 << 32) - 1)]
GnbIdLength = Annotated[int, Field(ge=22, le=32)]
GnbName = Annotated[str, Field(max_length=150)]
UnitId = Annotated[int, Field(ge=0, le=(1 << 36) - 1)]
Ratio = Annotated[int, Field(ge=0, le=100)]


class Structure(CccModel):
    """A RAN configuration structure."""

    structure_name: ClassVar[str]
    """Its name in 8.2.1 or 8.2.2."""

    writable: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose column "Is Writable" is TRUE, as spelled on the wire."""

    @model_validator(mode="before")
    @classmethod
    def _spell_as_schema(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        spelling = {f.alias.casefold(): f.alias for f in cls.model_fields.values() if f.alias}
        spelled = {spelling.get(str(k).casefold(), k): v for k, v in value.items()}
        if len(spelled) != len(value):
            raise ValueError("an attribute is given twice, in two spellings")
        return spelled

    def attributes(self) -> dict[str, Any]:
        """Attribute values by name, as they are sent."""
        return self.model_dump(mode="json", by_alias=True)

    def changes(self, new: "Structure") -> dict[str, Any]:
        """Attributes of ``new`` that differ from these, with their new values."""
        old = self.attributes()
        return {k: v for k, v in new.attributes().items() if k not in old or old[k] != v}


class GnbDuFunction(Structure):
    """The O-DU (8.8.1.1)."""

    structure_name = "O-GNBDUFunction"
    gnb_du_id: UnitId | None = None
    gnb_du_name: GnbName | None = None
    gnb_id: GnbId | None = None
    gnb_id_length: GnbIdLength | None = None


class GnbCuCpFunction(Structure):
    """The O-CU-CP (8.8.1.2)."""

    structure_name = "O-GNBCUCPFunction"
    writable = frozenset(
        {"x2BlockList", "xnBlockList", "x2AllowList", "xnAllowList", "x2HOBlockList"}
        | {"xnHOBlockList"}
    )
    gnb_id: GnbId | None = None
    gnb_id_length: GnbIdLength | None = None
    gnb_cu_name: GnbName | None = None
    plmn_id: PlmnId | None = None
    x2_block_list: Annotated[Items[str] | None, Field(alias="x2BlockList")] = None
    xn_block_list: Items[str] | None = None
    x2_allow_list: Annotated[Items[str] | None, Field(alias="x2AllowList")] = None
    xn_allow_list: Items[str] | None = None
    x2_ho_block_list: Annotated[Items[str] | None, Field(alias="x2HOBlockList")] = None
    xn_ho_block_list: Annotated[Items[str] | None, Field(alias="xnHOBlockList")] = None


class GnbCuUpFunction(Structure):
    """The O-CU-UP (8.8.1.3)."""

    structure_name = "O-GNBCUUPFunction"
    gnb_id: GnbId | None = None
    gnb_id_length: GnbIdLength | None = None
    gnb_cu_up_id: UnitId | None = None
    plmn_info_list: PlmnInfoList | None = None


class RrmPolicyRatio(Structure):
    """Shares of a resource for the slices of a policy, in percent (8.8.1.4, 8.8.2.4)."""

    structure_name = "O-RRMPolicyRatio"
    writable = frozenset(
        {"rRMPolicyMemberList", "rRMPolicyMaxRatio", "rRMPolicyMinRatio"}
        | {"rRMPolicyDedicatedRatio"}
    )
    resource_type: Literal["PRB_DL", "PRB_UL", "DRB", "RRC"] | None = None
    member_list: Annotated[PlmnInfoList | None, Field(alias="rRMPolicyMemberList")] = None
    max_ratio_percent: Annotated[Ratio | None, Field(alias="rRMPolicyMaxRatio")] = None
    min_ratio_percent: Annotated[Ratio | None, Field(alias="rRMPolicyMinRatio")] = None
    dedicated_ratio_percent: Annotated[Ratio | None, Field(alias="rRMPolicyDedicatedRatio")] = None


class NrCellCu(Structure):
    """A cell in the O-CU-CP (8.8.2.1)."""

    structure_name = "O-NRCellCU"
    cell_local_id: int | None = None
    plmn_info_list: PlmnInfoList | None = None


class Bwp(Structure):
    """A bandwidth part (8.8.2.3).

    9.4.2 lists sub-carrier spacings as the values of ``cyclicPrefix``, the table of 8.8.2.3 has
    NORMAL and EXTENDED: both are accepted.
    """

    structure_name = "O-BWP"
    writable = frozenset(
        {"bwpContext", "isInitialBwp", "subCarrierSpacing", "cyclicPrefix", "startRB"}
        | {"numberOfRBs"}
    )
    bwp_context: Literal["DL", "UL", "SUL"] | None = None
    is_initial_bwp: Literal["INITIAL", "OTHER", "SUL"] | None = None
    sub_carrier_spacing_khz: Annotated[
        Literal[15, 30, 60, 120] | None, Field(alias="subCarrierSpacing")
    ] = None
    cyclic_prefix: Literal["NORMAL", "EXTENDED", "15", "30", "60", "120"] | None = None
    start_rb: Annotated[int | None, Field(alias="startRB")] = None
    number_of_rbs: Annotated[int | None, Field(alias="numberOfRBs")] = None


class PartitionFlow(CccModel):
    """A slice, or some of its flows, in a frequency partition (9.3.20)."""

    snssai: Snssai | None = None
    plmn_id: PlmnId | None = None
    five_qi_list: Annotated[Items[int] | None, Field(alias="5qiList")] = None


class Partition(CccModel):
    """A range of resource blocks kept for some slices (9.3.21)."""

    offset_to_point_a_rbs: Annotated[int | None, Field(alias="pOffsetToPointA")] = None
    number_of_rbs: Annotated[int | None, Field(alias="pNumberOfRBs")] = None
    partition_flow_list: Items[PartitionFlow] | None = None


class NrCellDu(Structure):
    """A cell in the O-DU (8.8.2.2): identity, state, carriers, SSB, bandwidth parts."""

    structure_name = "O-NRCellDU"
    writable = frozenset({"partitionList"})
    cell_local_id: int | None = None
    operational_state: Literal["ENABLED", "DISABLED"] | None = None
    administrative_state: Literal["LOCKED", "SHUTTINGDOWN", "UNLOCKED"] | None = None
    cell_state: Literal["IDLE", "INACTIVE", "ACTIVE"] | None = None
    plmn_info_list: PlmnInfoList | None = None
    nr_pci: Annotated[int, Field(ge=0, le=1007)] | None = None
    nr_tac: Annotated[int, Field(ge=0, le=(1 << 24) - 1)] | None = None
    arfcn_dl: Annotated[int | None, Field(alias="arfcnDL")] = None
    arfcn_ul: Annotated[int | None, Field(alias="arfcnUL")] = None
    arfcn_sul: Annotated[int | None, Field(alias="arfcnSUL")] = None
    bs_channel_bw_dl_mhz: Annotated[int | None, Field(alias="bSChannelBwDL")] = None
    ssb_frequency: Annotated[int, Field(ge=0, le=3279165)] | None = None
    ssb_periodicity_ms: Annotated[
        Literal[5, 10, 20, 40, 80, 160] | None, Field(alias="ssbPeriodicity")
    ] = None
    ssb_sub_carrier_spacing_khz: Annotated[
        Literal[15, 30, 120, 240] | None, Field(alias="ssbSubCarrierSpacing")
    ] = None
    ssb_offset: Annotated[int, Field(ge=0, le=159)] | None = None
    ssb_duration_ms: Annotated[Literal[1, 2, 3, 4, 5] | None, Field(alias="ssbDuration")] = None
    bs_channel_bw_ul_mhz: Annotated[int | None, Field(alias="bSChannelBwUL")] = None
    bs_channel_bw_sul_mhz: Annotated[int | None, Field(alias="bSChannelBwSUL")] = None
    bwp_list: Items[Bwp] | None = None
    partition_list: Items[Partition] | None = None


class CesManagementFunction(Structure):
    """Energy saving of a cell (8.8.2.5)."""

    structure_name = "O-CESManagementFunction"
    writable = frozenset({"energySavingControl"})
    ces_switch: bool | None = None
    energy_saving_state: Literal["isNotEnergySaving", "isEnergySaving"] | None = None
    energy_saving_control: Literal["toBeEnergySaving", "toBeNotEnergySaving"] | None = None


class UnknownStructure(Structure):
    """A structure that has no type here; its attributes are kept as they are."""

    structure_name = ""
