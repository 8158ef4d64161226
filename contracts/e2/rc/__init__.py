"""E2SM-RC, RAN control, v01.03 to v05.00 (O-RAN.WG3.E2SM-RC).

:func:`contracts.e2.rc.codec.codec_for` gives the payloads of the version that a node announces;
:mod:`contracts.e2.rc.actions` builds well-known control actions.
"""
