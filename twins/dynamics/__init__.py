"""A network that moves and carries traffic: mobility, queues, scheduling, handover, sleep, beams."""
