"""Stand-ins for the C libraries that ``ricxappframe`` loads, so that it runs without them."""
