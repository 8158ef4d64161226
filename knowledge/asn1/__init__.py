"""The dictionary checked against the ASN.1 of the specifications, as compiled in pycrate.

pycrate is LGPL and optional (``pip install ranwright[asn1]``): only this package imports it, and
only when the check runs. What is read from it stays in the user's cache; nothing of it ships.
"""
