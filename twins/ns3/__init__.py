"""ns-3 as another plant: LTE with its whole protocol stack, in a process of its own.

The C++ program in this folder is under GPL-2.0-only (see README.md here); nothing here imports or
links ns-3, it is spoken to over a pipe.
"""

from twins.ns3.build import Ns3Settings, build
from twins.ns3.plant import Ns3Plant

__all__ = ["Ns3Plant", "Ns3Settings", "build"]
