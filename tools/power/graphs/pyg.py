"""Interference graphs as PyTorch Geometric data, and back, without loss.

One ``Data`` a graph: every ordered pair of different links is an edge from transmitter to receiver.
"""

import torch
from torch import Tensor
from torch_geometric.data import Data

from contracts.errors import RanwrightError
from tools.power.graphs.graph import LinkGraphs


def to_data(graphs: LinkGraphs) -> list[Data]:
    """One ``Data`` for each graph.

    ``x`` [K, 3]: gain of the wanted link, weight, limit. ``edge_index`` [2, K (K - 1)]: transmitter
    above, receiver below. ``edge_attr`` [K (K - 1), 1]: gain over noise at full power.
    """
    sender, receiver = edges(graphs.links, graphs.gain.device)
    nodes = torch.stack([graphs.gain.diagonal(dim1=1, dim2=2), graphs.weight, graphs.limit], dim=-1)
    attributes = graphs.gain[:, receiver, sender][..., None]
    index = torch.stack([sender, receiver])
    pairs = zip(nodes, attributes, strict=True)
    return [Data(x=x, edge_index=index, edge_attr=a) for x, a in pairs]


def from_data(data: list[Data]) -> LinkGraphs:
    """The dense batch of graphs with equally many links; edges may stand in any order.

    Raises:
        RanwrightError: ``graph.malformed`` when numbers of links differ, an edge is missing, or as
            :meth:`LinkGraphs.of`.
    """
    if not data or any(d.x is None or d.x.shape != data[0].x.shape for d in data):
        raise _malformed("needs nodes, as many as the others of its batch", "Batch by size.")
    nodes = torch.stack([d.x for d in data])
    gain = torch.stack([_dense(d) for d in data])
    return LinkGraphs.of(gain, nodes[..., 1], nodes[..., 2])


def edges(links: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Transmitters and receivers of all edges between different links."""
    apart = ~torch.eye(links, dtype=torch.bool, device=device)
    sender, receiver = apart.nonzero(as_tuple=True)
    return sender, receiver


def _dense(data: Data) -> Tensor:
    gain = torch.diag(data.x[:, 0])
    links = gain.shape[0]
    seen = torch.eye(links, dtype=torch.bool, device=gain.device)
    sender, receiver = data.edge_index
    gain[receiver, sender] = data.edge_attr[:, 0]
    seen[receiver, sender] = True
    if sender.shape[0] != links * (links - 1) or not bool(seen.all()):
        raise _malformed("needs one edge between all different links", "Complete its edges.")
    return gain


def _malformed(fault: str, remedy: str) -> RanwrightError:
    return RanwrightError("graph.malformed", f"An interference graph {fault}.", remedy)
