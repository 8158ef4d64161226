"""REST of the core itself: metrics, alarms, health."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from xapps.platform.alarms import Alarms
from xapps.platform.http import application
from xapps.platform.metrics import Metrics


def core_application(metrics: Metrics, alarms: Alarms, is_ready: Callable[[], bool]) -> FastAPI:
    """The REST application.

    Args:
        metrics: of xApps and core.
        alarms: of xApps.
        is_ready: whether the core serves all it should.
    """
    app = application("Near-RT RIC")

    @app.get("/metrics")
    def scrape() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/ric/v1/alarms/active")
    def active() -> list[dict[str, Any]]:
        return alarms.active()

    @app.get("/ric/v1/health/alive")
    def alive() -> Response:
        return Response(status_code=200)

    @app.get("/ric/v1/health/ready")
    def ready() -> Response:
        return Response(status_code=200 if is_ready() else 503)

    return app
