"""Prometheus metrics of the xApp."""

from prometheus_client import Counter, Gauge, Histogram

SOLVE_S = Histogram(
    "power_solve_seconds",
    "time to average a report in and solve",
    buckets=(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1),
)
ASKED = Counter("power_moves_asked", "moves asked of the actuator")
CARRIED_OUT = Counter("power_moves_carried_out", "moves that the actuator carried out")
REFUSED = Counter("power_moves_refused", "moves that were not carried out", ("code",))
PREDICTED_GAIN = Gauge(
    "power_predicted_gain", "predicted rise of the objective, as a share", ("activation",)
)
LIVE = Gauge("power_live_activations", "activations acted on", ("ran_name",))
STRANGE = Counter("power_strange_reports", "reports that nothing was decided on")
