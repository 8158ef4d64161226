"""Power control in the near-RT loop: re-solves every period, and moves inside an activation."""
