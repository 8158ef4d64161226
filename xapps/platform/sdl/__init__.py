"""The shared data layer: a durable store behind the Redis protocol, as ricsdl expects it."""
