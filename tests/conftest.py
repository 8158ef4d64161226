"""What all tests share."""

from hypothesis import HealthCheck, settings

# A busy machine must not fail a law; laws are repeatable, so a failure seen once is seen again.
settings.register_profile(
    "ranwright",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ranwright")
