"""CSI sequences: what is generated, by what, and how it is kept and streamed."""
