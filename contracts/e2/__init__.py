"""The E2 interface in pure Python: aligned PER, E2AP, and the E2 service models.

``per`` is the encoding (X.691), ``ap`` the application protocol; the service models stand beside
them. Every message is an immutable typed value; any octets give a message or a
:class:`~contracts.errors.RanwrightError`.
"""
