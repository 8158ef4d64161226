"""How far a snapshot lies from what the twin can be.

A conditioned twin follows the snapshot as far as its uncertainty model lets it. What is left, and
how far it had to go, says whether the plant is of the kind that the twin knows. The figures have no
scale of their own: they are compared with those of plants that the twin was tried on
(:mod:`twins.conformal`).
"""

from twins.conditioning import Posterior
from twins.particles import Particles


def discrepancy(posterior: Posterior, particles: Particles) -> dict[str, float]:
    """Figures by name, each the larger the stranger the snapshot.

    ``clutter``, ``shadowing``, ``activity``: see the ``strain`` of posterior and activity.
    ``surprise``: how badly simulated networks explain the UEs' SINR and throughput.
    ``sinr_bias_db``, ``throughput_bias``: what all UEs share of the difference between measured
    and simulated SINR (dB) and throughput (natural logarithm).
    """
    sinr_db, throughput = particles.bias.nanmean(0).abs().tolist()
    return {
        **posterior.strain(),
        "activity": posterior.activity.strain(),
        "surprise": float(particles.surprise.mean()),
        "sinr_bias_db": sinr_db,
        "throughput_bias": throughput,
    }
