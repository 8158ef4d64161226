"""What the parts of Ranwright promise each other: typed, light, without torch or langgraph."""
