"""What the command line asks of the core, over a socket private to the user."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Emit, Handler
from xapps.platform.core import Core
from xapps.platform.deployments.deployments import Deployments
from xapps.platform.deployments.store import Entry
from xapps.platform.instance import Report
from xapps.platform.packages import Package, make_package


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


_T = TypeVar("_T", bound=_Parameters)


class OnboardParameters(_Parameters):
    """Parameters of ``onboard``."""

    descriptor: str
    schema_text: str = ""
    command: list[str]
    folder: str


class NameParameters(_Parameters):
    """Parameters of ``undeploy`` and ``log``."""

    name: str


class DeployParameters(_Parameters):
    """Parameters of ``deploy``."""

    name: str
    version: str | None = None
    digest: str | None = None


class ViewParameters(_Parameters):
    """Parameters of ``view``."""

    name: str
    version: str | None = None


class CarryOutParameters(_Parameters):
    """Parameters of ``carry_out``."""

    envelope: Any


class DeploymentParameters(_Parameters):
    """Parameters of ``deployment``."""

    deployment_id: str


class ConfigureParameters(_Parameters):
    """Parameters of ``configure``."""

    name: str
    controls: Any


def control_handlers(core: Core) -> Mapping[str, Handler]:
    """Handlers by name, for :class:`contracts.rpc.Server`.

    A site's RIC has others for what changes an xApp (:func:`_certified`).
    """
    changing = _plain(core) if core.deployments is None else _certified(core.deployments)
    return _reading(core) | changing


def _reading(core: Core) -> dict[str, Handler]:
    def status(_params: dict[str, Any], _emit: Emit) -> Any:
        return core.status()

    def onboard(params: dict[str, Any], _emit: Emit) -> Any:
        wanted = _read(OnboardParameters, params)
        text, schema = wanted.descriptor.encode(), wanted.schema_text.encode()
        package = make_package(text, schema, wanted.command, Path(wanted.folder))
        core.xapps.onboard(package)
        return package_json(package)

    def packages(_params: dict[str, Any], _emit: Emit) -> Any:
        return [package_json(package) for package in core.xapps.packages()]

    def instances(_params: dict[str, Any], _emit: Emit) -> Any:
        return [report_json(report) for report in core.xapps.reports()]

    def log(params: dict[str, Any], _emit: Emit) -> Any:
        return str(core.xapps.log(_read(NameParameters, params).name))

    def restart(params: dict[str, Any], _emit: Emit) -> Any:
        core.xapps.restart(_read(NameParameters, params).name)
        return None

    return _by_name(status, onboard, packages, instances, log, restart)


def _plain(core: Core) -> dict[str, Handler]:
    def deploy(params: dict[str, Any], _emit: Emit) -> Any:
        wanted = _read(DeployParameters, params)
        return report_json(core.xapps.deploy(wanted.name, wanted.version, wanted.digest))

    def undeploy(params: dict[str, Any], _emit: Emit) -> Any:
        core.xapps.undeploy(_read(NameParameters, params).name)
        return None

    def configure(params: dict[str, Any], _emit: Emit) -> Any:
        wanted = _read(ConfigureParameters, params)
        core.xapps.configure(wanted.name, wanted.controls)
        return None

    return _by_name(deploy, undeploy, configure)


def _certified(deployments: Deployments) -> dict[str, Handler]:
    def view(params: dict[str, Any], _emit: Emit) -> Any:
        wanted = _read(ViewParameters, params)
        return deployments.view(wanted.name, wanted.version).model_dump(mode="json")

    def carry_out(params: dict[str, Any], _emit: Emit) -> Any:
        wanted = _read(CarryOutParameters, params)
        return _entry_json(deployments.carry_out(wanted.envelope))

    def deployment(params: dict[str, Any], _emit: Emit) -> Any:
        return _entry_json(deployments.find(_read(DeploymentParameters, params).deployment_id))

    def refused(method: str) -> Handler:
        def handler(params: dict[str, Any], _emit: Emit) -> Any:
            raise deployments.refuse_without(method, str(params.get("name")))

        return handler

    plain = {name: refused(name) for name in ("deploy", "undeploy", "configure")}
    return _by_name(view, carry_out, deployment) | plain


def _by_name(*handlers: Handler) -> dict[str, Handler]:
    return {handler.__name__: handler for handler in handlers}


def _entry_json(entry: Entry) -> dict[str, Any]:
    certificate = entry.certificate
    return {
        "deployment_id": certificate.deployment_id,
        "trace_id": certificate.trace_id,
        "step": entry.step,
        "code": entry.code,
    }


def package_json(package: Package) -> dict[str, Any]:
    """A package as it crosses the socket."""
    return {
        "name": package.name,
        "version": package.version,
        "digest": package.digest,
        "command": list(package.command),
        "folder": package.folder,
    }


def report_json(report: Report) -> dict[str, Any]:
    """A report as it crosses the socket."""
    instance = dataclasses.asdict(report.instance)
    process = instance.pop("process")
    return instance | {
        "pid": process["pid"] if process else None,
        "state": report.state.value,
        "restarts": report.restarts,
        "last_exit": report.last_exit,
    }


def _read(kind: type[_T], params: dict[str, Any]) -> _T:
    try:
        return kind.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RanwrightError(
            "rpc.bad_request", f"{where}: {first['msg']}", "Check the parameters.", ExitCode.USAGE
        ) from error
