"""What the xApp tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5)

UES = Gauge("beam_ues", "UEs in the latest report", ("ran_name",))
CONTROLS = Gauge("beam_controls", "1: it switches; 0: it advises", ("ran_name",))
MEASURED = Counter("beam_decisions", "Decisions how much to measure", ("measure",))
ORDERED = Counter("beam_orders", "Orders that the node says it carried out in full")
NOT_EXECUTED = Counter(
    "beam_orders_not_executed", "Orders acknowledged, but not said to be carried out in full"
)
REFUSED = Counter("beam_controls_refused", "Controls of beams not carried out", ("code",))
PROPOSED = Counter("beam_handovers_proposed", "Handovers proposed")
HANDED_OVER = Counter("beam_handovers_carried_out", "Of them, carried out by this xApp")
HANDOVERS_REFUSED = Counter("beam_handovers_refused", "Of them, refused", ("code",))
STRANGE = Counter("beam_reports_strange", "Reports and outcomes that could not be read")
DECIDED_S = Histogram(
    "beam_decision_seconds", "From taking an indication to its orders", buckets=_SECONDS
)
ANSWERED_S = Histogram(
    "beam_control_seconds", "From taking an indication to the node's acknowledgement",
    buckets=_SECONDS,
)  # fmt: skip
