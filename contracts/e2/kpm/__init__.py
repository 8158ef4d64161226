"""E2SM-KPM, key performance measurements, v02.01 to v04.00 (O-RAN.WG3.E2SM-KPM).

:func:`contracts.e2.kpm.codec.codec_for` gives the payloads of the version that a node announces.
"""
