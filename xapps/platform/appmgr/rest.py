"""``/ric/v1`` of the application manager."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

from xapps.platform.appmgr.registry import Registration, Registry
from xapps.platform.http import JsonBody, RefusedError, application


def appmgr_application(registry: Registry, is_ready: Callable[[], bool]) -> FastAPI:
    """The REST application.

    Args:
        registry: who is registered.
        is_ready: whether the core serves all it should.
    """
    app = application("Application manager")

    @app.post("/ric/v1/register", status_code=201)
    def register(body: JsonBody) -> Response:
        registry.register(body)
        return Response(status_code=201)

    @app.post("/ric/v1/deregister", status_code=204)
    def deregister(body: JsonBody) -> Response:
        registry.deregister(body)
        return Response(status_code=204)

    @app.get("/ric/v1/health/alive")
    def alive() -> Response:
        return Response(status_code=200)

    @app.get("/ric/v1/health/ready")
    def ready() -> Response:
        return Response(status_code=200 if is_ready() else 503)

    _add_queries(app, registry)
    return app


def _add_queries(app: FastAPI, registry: Registry) -> None:
    @app.get("/ric/v1/xapps")
    def xapps() -> list[dict[str, Any]]:
        return _by_name(registry.registered())

    @app.get("/ric/v1/xapps/{name}")
    def xapp(name: str) -> dict[str, Any]:
        return _one(_by_name(registry.registered()), name)

    @app.get("/ric/v1/xapps/{name}/instances/{instance}")
    def xapp_instance(name: str, instance: str) -> dict[str, Any]:
        return _one(_one(_by_name(registry.registered()), name)["instances"], instance)

    @app.get("/ric/v1/config")
    def configs() -> list[dict[str, Any]]:
        return [_config(registration) for registration in registry.registered()]

    @app.get("/ric/v1/config/{name}")
    def config(name: str) -> Any:
        found = [r for r in registry.registered() if r.app_name == name or r.instance == name]
        if not found:
            raise _unknown(name)
        return _config(found[0])["config"]


def _by_name(registered: list[Registration]) -> list[dict[str, Any]]:
    names = dict.fromkeys(registration.app_name for registration in registered)
    return [
        {
            "name": name,
            "status": "deployed",
            "version": next(r.version for r in registered if r.app_name == name),
            "instances": [_instance(r) for r in registered if r.app_name == name],
        }
        for name in names
    ]


def _instance(registration: Registration) -> dict[str, Any]:
    descriptor = registration.descriptor()
    host, _, port = registration.rmr_endpoint.rpartition(":")
    return {
        "name": registration.instance,
        "status": "running",
        "ip": host,
        "port": int(port),
        "rxMessages": [] if descriptor is None else [str(n) for n in descriptor.received_types()],
        "txMessages": [] if descriptor is None else [str(n) for n in descriptor.sent_types()],
        "policies": [] if descriptor is None else list(descriptor.policies),
    }


def _config(registration: Registration) -> dict[str, Any]:
    return {
        "metadata": {"xappName": registration.app_name, "configType": "json"},
        "config": json.loads(registration.config) if registration.config else {},
    }


def _one(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for entry in entries:
        if entry["name"] == name:
            return entry
    raise _unknown(name)


def _unknown(name: str) -> RefusedError:
    return RefusedError(
        404, "appmgr.unknown", f"{name!r} is not registered.", "See GET /ric/v1/xapps."
    )
