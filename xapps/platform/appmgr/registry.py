"""Registered xApps: what each said of itself, kept over restarts of the core."""

import re
import threading
from typing import Annotated, Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import RanwrightError
from xapps.platform.descriptor import Descriptor, read_descriptor
from xapps.platform.http import RefusedError
from xapps.platform.routes import RouteManager
from xapps.platform.routing import XappRoutes
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace

NAMESPACE = "appmgr"
MAX_REGISTERED = 256
_log = structlog.get_logger(__name__)
_KEY = "registered:"
_ENDPOINT = r"^[A-Za-z0-9.-]{1,255}:\d{1,5}$"

ShortName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
Endpoint = Annotated[str, Field(pattern=_ENDPOINT)]


class Registration(BaseModel):
    """Body of ``POST /ric/v1/register``; the frame of xApps writes it (facts: ric.md 4.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    app_name: ShortName = Field(alias="appName")
    instance: ShortName = Field(alias="appInstanceName")
    version: str = Field(default="", alias="appVersion", max_length=64)
    config_path: str = Field(default="", alias="configPath", max_length=512)
    http_endpoint: Endpoint = Field(alias="httpEndpoint")
    rmr_endpoint: Endpoint = Field(alias="rmrEndpoint")
    config: str = ""

    def descriptor(self) -> Descriptor | None:
        """The descriptor that the xApp sent along, if any.

        Raises:
            RanwrightError: ``descriptor.invalid``.
        """
        return read_descriptor(self.config.encode()) if self.config else None


class Registry:
    """Who is registered; safe to share between threads.

    An xApp that the core did not start itself gets its routes from here, unless ``only_deployed``:
    then none is registered.
    """

    def __init__(
        self, database: Database, routes: RouteManager, only_deployed: bool = False
    ) -> None:
        self._data = Namespace(database, NAMESPACE)
        self._routes, self._only_deployed = routes, only_deployed
        self._lock = threading.RLock()
        for registration in self.registered():
            try:
                self._route(registration)
            except RanwrightError as error:
                # one registration must not keep the core from starting
                _log.error("appmgr.not_routed", instance=registration.instance, **error.to_json())

    def registered(self) -> list[Registration]:
        """All, by name of the instance."""
        found = (_read(key, text) for key, text in self._data.find(_KEY).items())
        return [registration for registration in found if registration is not None]

    def register(self, body: Any) -> Registration:
        """Take an xApp in, or what it now says of itself.

        Raises:
            RefusedError: 400 with the field that is wrong, 403 ``appmgr.not_deployed``.
        """
        try:
            registration = Registration.model_validate(body)
            registration.descriptor()
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "body"
            raise _bad(f"{where}: {first['msg']}") from error
        except RanwrightError as error:
            raise _bad(f"config: {error.message}") from error
        if self._only_deployed and not self._started_here(registration):
            raise RefusedError(
                403,
                "appmgr.not_deployed",
                f"Nothing that this RIC deployed is at {registration.rmr_endpoint}.",
                "Deploy it under a certificate (ranwright xapp deploy --site).",
            )
        with self._lock:
            known = {r.instance for r in self.registered()}
            if registration.instance not in known and len(known) >= MAX_REGISTERED:
                raise _bad(f"{MAX_REGISTERED} xApps are registered")
            try:
                self._route(registration)
            except RanwrightError as error:
                raise _bad(f"rmrEndpoint: {error.message}") from error
            text = registration.model_dump_json(by_alias=True).encode()
            self._data.set({_KEY + registration.instance: text})
        return registration

    def deregister(self, body: Any) -> None:
        """Forget an xApp.

        Raises:
            RefusedError: 400 without its names, 404 where nothing of that name is registered.
        """
        instance = body.get("appInstanceName") if isinstance(body, dict) else None
        if not isinstance(instance, str) or not isinstance(body.get("appName"), str):
            raise _bad("appName and appInstanceName are needed")
        with self._lock:
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", instance) or not self._forget(instance):
                raise RefusedError(
                    404, "appmgr.unknown", f"{instance!r} is not registered.", "Register it first."
                )

    def deregister_all_of(self, host: str) -> None:
        """Forget what registered itself as being at an address, and runs no more."""
        with self._lock:
            for registration in self.registered():
                if registration.rmr_endpoint.rpartition(":")[0] == host:
                    self._forget(registration.instance)

    def _forget(self, instance: str) -> bool:
        """Forget an instance and its routes; false where none is registered."""
        known = self._data.remove(_KEY + instance)
        self._routes.set_xapp(_route_name(instance), None)
        return bool(known)

    def _route(self, registration: Registration) -> None:
        descriptor = registration.descriptor()
        if descriptor is None or self._only_deployed or self._started_here(registration):
            return
        received, policies = descriptor.received_types(), descriptor.policies
        routes = XappRoutes(registration.rmr_endpoint, received, policies)
        self._routes.set_xapp(_route_name(registration.instance), routes)

    def _started_here(self, registration: Registration) -> bool:
        return any(
            xapp.address == registration.rmr_endpoint
            for name, xapp in self._routes.state.xapps.items()
            if name != _route_name(registration.instance)
        )


def _read(key: str, text: bytes) -> Registration | None:
    """A registration, ``None`` where an SDL client wrote something else over it."""
    try:
        registration = Registration.model_validate_json(text)
        registration.descriptor()
    except (ValidationError, RanwrightError) as error:
        _log.warning("appmgr.unreadable_record", key=key, cause=str(error))
        return None
    return registration


def _route_name(instance: str) -> str:
    return f"registered/{instance}"


def _bad(what: str) -> RefusedError:
    return RefusedError(
        400, "appmgr.bad_request", f"{what}.", "See POST /ric/v1/register of the O-RAN SC appmgr."
    )
