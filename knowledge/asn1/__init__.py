"""The ASN.1 of the specifications, as compiled in pycrate: exact look-up, check of the dictionary.

pycrate is LGPL and optional (``pip install ranwright[asn1]``): only this package imports it, and
only when it is asked. What is read from it stays in the user's cache; nothing of it ships.
"""
