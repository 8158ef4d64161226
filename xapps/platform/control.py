"""What the command line asks of the core, over a socket private to the user."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Emit, Handler
from xapps.platform.core import Core
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


class ConfigureParameters(_Parameters):
    """Parameters of ``configure``."""

    name: str
    controls: Any


def control_handlers(core: Core) -> Mapping[str, Handler]:
    """Handlers by name, for :class:`contracts.rpc.Server`."""

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

    def instances(_params: dict[str, Any], _emit: Emit) -> Any:
        return [report_json(report) for report in core.xapps.reports()]

    def log(params: dict[str, Any], _emit: Emit) -> Any:
        return str(core.xapps.log(_read(NameParameters, params).name))

    return {
        handler.__name__: handler
        for handler in (status, onboard, packages, deploy, undeploy, configure, instances, log)
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
