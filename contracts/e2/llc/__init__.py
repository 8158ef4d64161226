"""E2SM-LLC, lower layers control: what UEs send to the scheduler, and grants slot by slot.

Written from O-RAN.WG3.TS.E2SM-LLC-R004-v01.00: clauses 7 (styles), 8.2 (formats), 8.3 (information
elements) and 8.4 (ASN.1, which counts where it differs from the tables, but for conditions of
presence: SRS have no compression header unless it is static). Beams are in it twice: a
UE's L1-RSRP arrives as the bits of its CSI report (:mod:`contracts.e2.llc.l1_rsrp` reads them), and
a grant with DCI 1_1 names the TCI state, hence the beam, that it is sent on.
"""

OID = "1.3.6.1.4.1.53148.1.1.2.5"
"""Its ASN.1 module is number 5 under e2sm, as E2SM-KPM's is 2, E2SM-RC's 3 and E2SM-CCC's 4."""
