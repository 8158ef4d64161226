"""The fault campaign: what a plant, its reports, clocks and disks can do to an action."""
