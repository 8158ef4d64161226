"""Keeps the process of one xApp running: starts it, asks it how it is, starts it again."""

import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from xapps.platform.child import Child
from xapps.platform.instance import Instance, InstanceFolder, Report, State
from xapps.platform.rmr.health import probe

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Times of the supervisor.

    Args:
        first_back_off_s: before the first restart; doubled at each one after.
        most_back_off_s: between two restarts.
        steady_s: a process that ran this long counts as new when it ends.
        most_restarts: quick ends in a row, after which it is left alone.
        probe_period_s: between two health checks.
        probe_timeout_s: for the answer to one.
        grace_s: between asking a process to end and ending it; the framework's own stop takes 10.
    """

    first_back_off_s: float = 1.0
    most_back_off_s: float = 30.0
    steady_s: float = 60.0
    most_restarts: int = 10
    probe_period_s: float = 2.0
    probe_timeout_s: float = 1.0
    grace_s: float = 15.0


class Supervisor:
    """One xApp's process, watched from a thread of its own.

    Args:
        instance: the xApp; a process that an earlier core started for it is taken over.
        folder: where its record is kept.
        rmr_port: where it answers the health check.
        start: starts its process.
        patience: times.
    """

    def __init__(
        self,
        instance: Instance,
        folder: InstanceFolder,
        rmr_port: int,
        start: Callable[[], Child],
        patience: Patience,
    ) -> None:
        self._instance = instance
        self._folder = folder
        self._rmr_address = f"{instance.address}:{rmr_port}"
        self._start, self._patience = start, patience
        self._lock = threading.Lock()
        self._state, self._restarts = State.STARTING, 0
        self._last_exit: int | None = None
        self._quick_ends = 0
        self._stopping = threading.Event()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=f"xapp-{instance.name}")
        self._thread.start()

    def report(self) -> Report:
        """How the xApp fares."""
        with self._lock:
            return Report(self._instance, self._state, self._restarts, self._last_exit)

    def begin_stop(self) -> None:
        """Have the process ended, and start it no more."""
        self._stopping.set()
        os.eventfd_write(self._wake, 1)

    def finish_stop(self) -> None:
        """Wait until it has ended; :meth:`begin_stop` comes first."""
        self._thread.join()
        os.close(self._wake)

    def _run(self) -> None:
        child = self._folder.find_process(self._instance.process)
        if child is not None:
            self._keep(self._instance.running_as(child.identity))
            _log.info("xapp.taken_over", name=self._instance.name, pid=child.identity.pid)
        while child is not None or not self._stopping.is_set():
            began_s = time.monotonic()
            child = child or self._spawn()
            if child is not None:
                self._watch(child)
                self._end(child)
                child = None
            if self._stopping.is_set() or not self._wait_for_next(time.monotonic() - began_s):
                break
        self._set(State.STOPPED if self._stopping.is_set() else State.FAILED)

    def _spawn(self) -> Child | None:
        self._set(State.STARTING)
        try:
            child = self._start()
        except OSError as error:
            _log.error("xapp.not_started", name=self._instance.name, cause=str(error))
            return None
        self._keep(self._instance.running_as(child.identity))
        _log.info("xapp.started", name=self._instance.name, pid=child.identity.pid)
        return child

    def _watch(self, child: Child) -> None:
        """Ask how it is until it ends or shall end."""
        while not self._wait(child.descriptor, self._patience.probe_period_s):
            answer = probe(self._rmr_address, self._patience.probe_timeout_s)
            was_ready = self._state is State.READY
            if answer is not None and answer.startswith("OK"):
                self._set(State.READY)
            elif answer is not None or was_ready:
                self._set(State.UNHEALTHY)

    def _end(self, child: Child) -> None:
        if not child.wait(0):
            child.stop(self._patience.grace_s)
        status = child.exit_status()
        child.close()
        self._keep(self._instance.running_as(None))
        with self._lock:
            self._last_exit = status
        _log.info("xapp.ended", name=self._instance.name, status=status)

    def _wait_for_next(self, ran_s: float) -> bool:
        """Whether to start again, after the time that it takes."""
        patience = self._patience
        self._quick_ends = 0 if ran_s >= patience.steady_s else self._quick_ends + 1
        if self._quick_ends > patience.most_restarts:
            _log.error("xapp.given_up", name=self._instance.name, restarts=self._restarts)
            return False
        self._set(State.BACKING_OFF)
        doublings = max(self._quick_ends - 1, 0)
        pause_s = min(patience.first_back_off_s * 2.0**doublings, patience.most_back_off_s)
        if self._stopping.wait(pause_s):
            return True
        with self._lock:
            self._restarts += 1
        return True

    def _wait(self, descriptor: int, timeout_s: float) -> bool:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def _keep(self, instance: Instance) -> None:
        with self._lock:
            self._instance = instance
        try:
            self._folder.save(instance)
        except OSError as error:
            # the next core finds the process by its configuration
            _log.error("xapp.not_kept", name=instance.name, cause=str(error))

    def _set(self, state: State) -> None:
        with self._lock:
            self._state = state
