"""Power control: links, other objectives, the cells of a network, and a closed loop."""
