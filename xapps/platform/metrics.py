"""Metrics of xApps (RMR 120) and of the core, as Prometheus reads them."""

import threading
from collections.abc import Callable, Iterator, Mapping

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xapps.platform.rmr.message import RmrMessage

MAX_SERIES = 20_000
Figures = Callable[[], Mapping[str, float]]
_log = structlog.get_logger(__name__)


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=256)
    value: float
    type: str | None = Field(default=None, max_length=64)


class _ReportBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    reporter: str | None = Field(default=None, max_length=256)
    generator: str | None = Field(default=None, max_length=256)
    timestamp: int
    data: list[_Item] = Field(min_length=1, max_length=4096)


class Metrics(Collector):
    """The last value of every metric that an xApp reported; safe to share between threads.

    Args:
        core: figures of the core by name, read at every scrape.
    """

    def __init__(self, core: Figures) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._values: dict[tuple[str, str, str], float] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def on_message(self, message: RmrMessage) -> None:
        """Take a message of type 120."""
        try:
            report = _ReportBody.model_validate_json(message.payload.rstrip(b"\0"))
        except ValidationError as error:
            _log.warning("metrics.unreadable", source=message.source, faults=error.error_count())
            return
        with self._lock:
            for item in report.data:
                key = (report.reporter or "", report.generator or "", item.id)
                if key in self._values or len(self._values) < MAX_SERIES:
                    self._values[key] = item.value

    def text(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Nothing is known before the first scrape."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """One family for xApps, one for each figure of the core."""
        family = GaugeMetricFamily(
            "ranwright_xapp_metric",
            "Last value of a metric that an xApp reported over RMR.",
            labels=("reporter", "generator", "id"),
        )
        with self._lock:
            for key, value in self._values.items():
                family.add_metric(key, value)
        yield family
        for name, value in self._core().items():
            yield GaugeMetricFamily(f"ranwright_ric_{name}", name.replace("_", " "), value)
