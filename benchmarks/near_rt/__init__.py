"""From a KPM indication that leaves a node to the control that arrives there."""
