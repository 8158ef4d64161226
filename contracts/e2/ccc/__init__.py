"""E2SM-CCC, cell configuration and control: JSON documents in the octet strings of E2AP.

Written from O-RAN.WG3.TS.E2SM-CCC-R004-v06.00: clauses 7 (styles), 8.8 (RAN configuration
structures), 9.2 (information elements) and 9.4.2 (JSON schema, whose spelling is sent). Versions 1
to 5 have a subset of these structures; attributes and structures unknown here are kept as they are.

The standard has no transmit power anywhere: :mod:`contracts.e2.ccc.extension` adds it.
"""

RAN_FUNCTION_SHORT_NAME = "ORAN-E2SM-CCC"

OIDS = ("1.3.6.1.4.1.53148.1.1.2.4", "1.3.6.1.4.1.53148.1.6.2.4")
"""Object identifiers in use: FlexRIC and xDevSM say the first, srsRAN (v6 of the model) the second.
Both name this service model; a node of ours announces the first."""


def is_ccc(oid: str) -> bool:
    """Whether a RAN function's object identifier is one of this service model."""
    return oid in OIDS
