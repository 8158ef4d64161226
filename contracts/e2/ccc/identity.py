"""Identities of networks, slices and cells as E2SM-CCC spells them (clause 9.4.2)."""

from typing import Annotated, Self

from pydantic import Field

from contracts.e2.ccc.document import CccModel, Items

_NR_CELL_IDENTITY_MAX = (1 << 36) - 1


class PlmnId(CccModel):
    """Mobile country code of three digits, mobile network code of two or three."""

    mcc: Annotated[str, Field(pattern=r"^[0-9]{3}$")] | None = None
    mnc: Annotated[str, Field(pattern=r"^[0-9]{2,3}$")] | None = None


class Snssai(CccModel):
    """A slice: slice/service type, and slice differentiator in hexadecimal digits."""

    sst: Annotated[int, Field(ge=0, le=255)] | None = None
    sd: str | None = None


class PlmnInfo(CccModel):
    """A slice in a network (9.3.14); also a member of an RRM policy (9.3.16)."""

    plmn_id: PlmnId | None = None
    snssai: Snssai | None = None


PlmnInfoList = Items[PlmnInfo]


class NrCgi(CccModel):
    """Global identity of an NR cell; ``nr_cell_identity`` is 36 bits in nine hexadecimal digits."""

    plmn_identity: PlmnId
    nr_cell_identity: Annotated[str, Field(alias="nRCellIdentity", pattern=r"^[A-Fa-f0-9]{9}$")]

    @classmethod
    def of(cls, mcc: str, mnc: str, cell_identity: int) -> Self:
        """The cell of a network by number.

        Args:
            mcc: mobile country code.
            mnc: mobile network code.
            cell_identity: NR cell identity, 36 bits.

        Raises:
            ValueError: the identity has more than 36 bits.
        """
        if not 0 <= cell_identity <= _NR_CELL_IDENTITY_MAX:
            raise ValueError(f"an NR cell identity has 36 bits: {cell_identity}")
        return cls(plmn_identity=PlmnId(mcc=mcc, mnc=mnc), nr_cell_identity=f"{cell_identity:09X}")

    @property
    def cell_identity(self) -> int:
        """The NR cell identity as a number."""
        return int(self.nr_cell_identity, 16)


class EutraCgi(CccModel):
    """Global identity of an E-UTRA cell."""

    plmn_identity: PlmnId
    eutra_cell_identity: Annotated[str, Field(alias="eUTRACellIdentity")]


CellGlobalId = NrCgi | EutraCgi
