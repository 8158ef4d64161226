"""Ranwright's own structures: what E2SM-CCC up to v06.00 has no attribute for.

No RAN configuration structure of E2SM-CCC carries transmit power or antenna pointing. These two
carry the attributes of TS 28.541 clause 4.4.1 by their names and units there. Their names begin
with ``X-``, never ``O-``, so that no node of another maker takes them for O-RAN's; a node that has
them announces them in its RAN function definition, and one that has not answers NotSupported.
"""

from typing import Annotated

from pydantic import Field

from contracts.e2.ccc.structures import Structure


class SectorCarrier(Structure):
    """TS 28.541 NRSectorCarrier of a cell: the ceiling of its downlink power."""

    structure_name = "X-NRSectorCarrier"
    writable = frozenset({"configuredMaxTxPower"})
    configured_max_tx_power_mw: Annotated[
        Annotated[int, Field(ge=0)] | None, Field(alias="configuredMaxTxPower")
    ] = None


class CommonBeamforming(Structure):
    """TS 28.541 CommonBeamformingFunction of a cell: where the common beams point."""

    structure_name = "X-CommonBeamformingFunction"
    writable = frozenset({"digitalTilt", "digitalAzimuth"})
    digital_tilt_decidegrees: Annotated[
        Annotated[int, Field(ge=-900, le=900)] | None, Field(alias="digitalTilt")
    ] = None
    digital_azimuth_decidegrees: Annotated[
        Annotated[int, Field(ge=-1800, le=1800)] | None, Field(alias="digitalAzimuth")
    ] = None
