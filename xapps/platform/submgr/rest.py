"""``/ric/v1/subscriptions`` (facts: ric.md section 4.5)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from xapps.platform.http import JsonBody, application
from xapps.platform.submgr.manager import SubscriptionManager


def submgr_application(manager: SubscriptionManager, is_ready: Callable[[], bool]) -> FastAPI:
    """The REST application.

    Args:
        manager: the subscriptions.
        is_ready: whether the core serves all it should.
    """
    app = application("Subscription manager")

    @app.post("/ric/v1/subscriptions", status_code=201)
    def subscribe(body: JsonBody) -> JSONResponse:
        answer = {"SubscriptionId": manager.subscribe(body), "SubscriptionInstances": None}
        return JSONResponse(answer, 201)

    @app.get("/ric/v1/subscriptions")
    def subscriptions() -> list[dict[str, Any]]:
        return [
            {
                "SubscriptionId": record.instances[event],
                "Meid": record.body.meid,
                "ClientEndpoint": [f"{record.body.client.host}:{record.body.client.rmr_port}"],
            }
            for record in manager.records()
            for event in sorted(record.settled)
        ]

    @app.delete("/ric/v1/subscriptions/{subscription_id}", status_code=204)
    def unsubscribe(subscription_id: str) -> Response:
        manager.unsubscribe(subscription_id)
        return Response(status_code=204)

    @app.get("/ric/v1/health/alive")
    def alive() -> Response:
        return Response(status_code=200)

    @app.get("/ric/v1/health/ready")
    def ready() -> Response:
        return Response(status_code=200 if is_ready() else 503)

    return app
