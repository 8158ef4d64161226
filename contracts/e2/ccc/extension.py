"""Ranwright's own structures: what E2SM-CCC up to v06.00 has no attribute for.

No RAN configuration structure of E2SM-CCC carries transmit power or antenna pointing. Two of these
carry the attributes of TS 28.541 clause 4.4.1 by their names and units there. Their names begin
with ``X-``, never ``O-``, so that no node of another maker takes them for O-RAN's; a node that has
them announces them in its RAN function definition, and one that has not answers NotSupported.
"""

from typing import Annotated

from pydantic import Field

from contracts.e2.ccc.structures import Structure


class SectorCarrier(Structure):
    """TS 28.541 NRSectorCarrier of a cell: the ceiling of its downlink power.

    ``resource_version`` counts the controls that the node has accepted. As an old value of a write
    it lets the node tell a late control from a present one, also where the powers are alike.
    """

    structure_name = "X-NRSectorCarrier"
    writable = frozenset({"configuredMaxTxPower"})
    configured_max_tx_power_mw: Annotated[
        Annotated[int, Field(ge=0)] | None, Field(alias="configuredMaxTxPower")
    ] = None
    resource_version: Annotated[int, Field(ge=0)] | None = None


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


class Plant(Structure):
    """The node itself: which life of which simulated network, and how its time runs."""

    structure_name = "X-Plant"
    node_name: str | None = None
    scenario: str | None = None
    scenario_digest: str | None = None
    kpm_time_ms: Annotated[Annotated[int, Field(ge=0)] | None, Field(alias="kpmTime")] = None
    pace_factor: Annotated[float, Field(gt=0)] | None = None
    resource_version: Annotated[int, Field(ge=0)] | None = None
