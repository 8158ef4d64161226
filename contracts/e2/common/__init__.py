"""Information elements that the service models of E2 share: cells, nodes, UEs, slices, interfaces.

Layouts are those of O-RAN.WG3.E2SM v02.01 to v05.00, clause 6; the additions of v05.00 are read
wherever they come and may be left out.
"""
