"""Onboarding, deploying and retiring xApps."""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from contracts.deployment import PackageView
from contracts.errors import RanwrightError
from xapps.platform.addresses import free_address
from xapps.platform.child import Child
from xapps.platform.environment import CONTROL_PORT, Platform, xapp_environment
from xapps.platform.home import RicHome
from xapps.platform.instance import Instance, InstanceFolder, Report, State
from xapps.platform.names import NameMap, xapp_names
from xapps.platform.packages import Package, Packages, altered
from xapps.platform.routes import RouteManager
from xapps.platform.routing import XappRoutes
from xapps.platform.supervisor import Patience, Supervisor

_log = structlog.get_logger(__name__)
MAX_LOG_BYTES = 16 * 1024 * 1024
"""A log that is longer when its xApp starts is put aside."""


class Lifecycle:
    """The xApps of a RIC; safe to share between threads.

    Args:
        home: where packages, instances and logs are.
        names: gets the names of every deployed xApp.
        routes: leads messages to them.
        platform: where the platform is, as of the moment a process starts.
        retired: told the address of an xApp that was undeployed.
        controllers: names of the xApps that may send control requests.
        patience: times of the supervisor.
        vouch: gives the controls of what is found deployed (``None``: the descriptor's), or raises
            that it may not run; by default everything runs as it was.
    """

    def __init__(
        self,
        home: RicHome,
        names: NameMap,
        routes: RouteManager,
        platform: Callable[[], Platform],
        retired: Callable[[str], None],
        controllers: frozenset[str] = frozenset(),
        patience: Patience | None = None,
        vouch: Callable[[Instance], Any] | None = None,
    ) -> None:
        self._home, self._names, self._routes = home, names, routes
        self._platform, self._retired = platform, retired
        self._controllers, self._vouch = controllers, vouch
        self._patience = patience or Patience()
        self._packages = Packages(home.packages)
        self._lock = threading.RLock()
        self._supervisors: dict[str, Supervisor] = {}
        self._retiring: set[str] = set()

    def start(self) -> None:
        """Take over, or start again, what is deployed."""
        with self._lock:
            for folder in sorted(self._home.instances.iterdir()):
                instance = InstanceFolder(folder).load()
                if instance is not None:
                    self._restore(instance)

    def close(self) -> None:
        """End all processes; what is deployed stays deployed."""
        with self._lock:
            supervisors = list(self._supervisors.values())
            for supervisor in supervisors:
                supervisor.begin_stop()
            for supervisor in supervisors:
                supervisor.finish_stop()
            self._supervisors.clear()

    def onboard(self, package: Package) -> None:
        """Keep a package for deployment.

        Raises:
            RanwrightError: ``xapp.deployed`` when this version runs and the package differs.
        """
        with self._lock:
            supervisor = self._supervisors.get(package.name)
            instance = supervisor.report().instance if supervisor else None
            changed = instance is not None and instance.digest != package.digest
            if instance is not None and instance.version == package.version and changed:
                raise RanwrightError(
                    "xapp.deployed",
                    f"{package.name} {package.version} runs, and this package differs from it.",
                    "Give it another version, or undeploy it first.",
                )
            self._packages.add(package)

    def packages(self) -> list[Package]:
        """What is onboarded."""
        return self._packages.all()

    def deploy(
        self,
        name: str,
        version: str | None = None,
        digest: str | None = None,
        controls: Any = None,
    ) -> Report:
        """Start an xApp, and keep it running.

        Args:
            name: of the xApp.
            version: of its package, by default the one onboarded last.
            digest: that the package must have, when given.
            controls: to run with, by default the descriptor's.

        Raises:
            RanwrightError: ``xapp.not_onboarded``, ``xapp.digest``, ``xapp.deployed``,
                ``xapp.bad_controls``, ``xapp.no_address``.
        """
        with self._lock:
            package = self._packages.get(name, version)
            if digest is not None and digest != package.digest:
                raise RanwrightError(
                    "xapp.digest",
                    f"{name} {package.version} has the digest {package.digest}, not {digest}.",
                    "Deploy what was agreed on, or agree on what is onboarded.",
                )
            if name in self._supervisors or name in self._retiring:
                raise RanwrightError("xapp.deployed", f"{name} is deployed.", "Undeploy it first.")
            if controls is not None:
                package.check_controls(controls)
            address = self._free_address(package)
            instance = Instance(name, package.version, package.digest, address)
            folder = self._folder(name)
            folder.configure(_configuration(package, controls))
            folder.save(instance)
            self._home.log(name).touch()  # who asks for it may be faster than the process
            return self._supervise(instance, package).report()

    def undeploy(self, name: str) -> None:
        """End an xApp, and what it subscribed to.

        Raises:
            RanwrightError: ``xapp.not_deployed``.
        """
        with self._lock:
            supervisor = self._supervisor(name)
            del self._supervisors[name]
            self._retiring.add(name)
            self._routes.set_xapp(name, None)
        # not under the lock: the process may take its time
        supervisor.begin_stop()
        supervisor.finish_stop()
        try:
            # before its names are gone: what it subscribed to is found by them
            self._retired(supervisor.report().instance.address)
        finally:
            with self._lock:
                self._folder(name).forget()
                for service in xapp_names(name):
                    self._names.set_host(service, None)
                self._retiring.remove(name)

    def restart(self, name: str) -> None:
        """Start an xApp that ended too often again; one that runs, or will, is left alone.

        Raises:
            RanwrightError: ``xapp.not_deployed``.
        """
        with self._lock:
            supervisor = self._supervisor(name)
            if supervisor.report().state is State.FAILED:
                supervisor.begin_stop()
                supervisor.finish_stop()
                del self._supervisors[name]
                self._restore(supervisor.report().instance)

    def configure(self, name: str, controls: Any) -> None:
        """Give a running xApp other controls; ``None``: the descriptor's.

        Raises:
            RanwrightError: ``xapp.not_deployed``, ``xapp.bad_controls``.
        """
        with self._lock:
            instance = self._supervisor(name).report().instance
            package = self._packages.get(name, instance.version)
            if controls is not None:
                package.check_controls(controls)
            self._folder(name).configure(_configuration(package, controls))

    def reports(self) -> list[Report]:
        """How every deployed xApp fares, by name."""
        with self._lock:
            return [s.report() for _, s in sorted(self._supervisors.items())]

    def package_view(self, name: str, version: str | None = None) -> PackageView | None:
        """An onboarded package as a judge sees it; ``None`` where there is none.

        Raises:
            RanwrightError: ``xapp.altered``.
        """
        try:
            package = self._packages.get(name, version)
        except RanwrightError as error:
            if error.code != "xapp.not_onboarded":
                raise
            return None
        return PackageView(
            descriptor=package.text.decode(),
            schema_text=package.schema.decode(),
            command=package.command,
            folder=package.folder,
        )

    def policy_types(self, name: str) -> tuple[int, ...]:
        """A1 policy types that a deployed xApp takes."""
        routes = self._routes.state.xapps.get(name)
        return () if routes is None else routes.policies

    def find_address(self, name: str, version: str | None = None) -> str | None:
        """An address where an onboarded xApp's ports are free; ``None`` where there is none."""
        with self._lock:
            try:
                return self._free_address(self._packages.get(name, version))
            except RanwrightError as error:
                if error.code != "xapp.no_address":
                    raise
                return None

    def log(self, name: str) -> Path:
        """Log of an xApp that is or was deployed.

        Raises:
            RanwrightError: ``xapp.not_deployed``.
        """
        known = {package.name for package in self._packages.all()}
        if name not in known or not self._home.log(name).exists():
            raise _not_deployed(name)
        return self._home.log(name)

    def _free_address(self, package: Package) -> str:
        descriptor = package.descriptor
        ports = {descriptor.rmr_port, descriptor.http_port, CONTROL_PORT}
        taken = {s.report().instance.address for s in self._supervisors.values()}
        return free_address(f"{self._home.root}/{package.name}", ports, taken)

    def _supervise(self, instance: Instance, package: Package) -> Supervisor:
        name, descriptor = instance.name, package.descriptor
        for service in xapp_names(name):
            self._names.set_host(service, instance.address)
        address = f"{instance.address}:{descriptor.rmr_port}"
        control = f"{instance.address}:{CONTROL_PORT}"
        taken = XappRoutes(
            address,
            descriptor.received_types(),
            descriptor.policies,
            control,
            sent=descriptor.sent_types(),
        )
        self._routes.set_xapp(name, taken, controls=name in self._controllers)
        folder = self._folder(name)

        def start() -> Child:
            environment = xapp_environment(
                descriptor, instance.address, folder.config_file, self._platform()
            )
            _turn_over(self._home.log(name))
            launcher = [sys.executable, "-m", "xapps.platform.launch", *package.command]
            return Child.spawn(launcher, package.folder, environment, self._home.log(name))

        supervisor = Supervisor(instance, folder, descriptor.rmr_port, start, self._patience)
        self._supervisors[name] = supervisor
        return supervisor

    def _restore(self, instance: Instance) -> None:
        try:
            package = self._packages.get(instance.name, instance.version)
            if package.digest != instance.digest:
                raise altered(instance.name, package.digest)
            if self._vouch is not None:
                controls = self._vouch(instance)
                self._folder(instance.name).configure(_configuration(package, controls))
            self._supervise(instance, package)
        except RanwrightError as error:
            # its package is gone or altered, or none vouches for it: it does not run
            _log.error("xapp.not_restored", name=instance.name, **error.to_json())
            process = self._folder(instance.name).find_process(instance.process)
            if process is not None:
                process.stop(self._patience.grace_s)
                process.close()
            self._retired(instance.address)
            self._folder(instance.name).forget()

    def _supervisor(self, name: str) -> Supervisor:
        if name not in self._supervisors:
            raise _not_deployed(name)
        return self._supervisors[name]

    def _folder(self, name: str) -> InstanceFolder:
        return InstanceFolder(self._home.instances / name)


def _configuration(package: Package, controls: Any) -> bytes:
    if controls is None:
        return package.text
    return json.dumps(json.loads(package.text) | {"controls": controls}, indent=2).encode()


def _turn_over(log: Path) -> None:
    """Begin a log anew once it is long; the one before is kept."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _not_deployed(name: str) -> RanwrightError:
    return RanwrightError(
        "xapp.not_deployed", f"{name} is not deployed.", "See ranwright xapp list."
    )
