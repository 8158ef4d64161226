"""Where roll-outs run: threads of this process, a pool of processes, or a Ray cluster.

Every task draws from generators of its own seeds and computes on one core, so all engines give the
same bits under the same runtime fingerprint; only their speed differs. Threads are the default:
the arithmetic releases the interpreter lock. Processes and Ray are kept between calls.
"""

import multiprocessing
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from contracts.errors import ExitCode, RanwrightError
from twins.runtime import RuntimeSettings, configure_thread

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Applies a function to items, in parallel."""

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Results in the order of the items, each as soon as it and those before it are there."""
        ...


def engine_of(settings: RuntimeSettings) -> Engine:
    """The engine that the settings name.

    Raises:
        RanwrightError: ``engine.ray_missing`` or ``engine.ray_unreachable``.
    """
    if settings.engine == "threads":
        return _Threads(settings.workers)
    if settings.engine == "processes":
        return _processes(settings.workers)
    return _ray(settings.workers, settings.ray_address)


def forget_engines() -> None:
    """Stop kept workers, so that other settings take effect."""
    if _processes.cache_info().currsize:
        _processes.cache_clear()
    if _ray.cache_info().currsize:
        import ray

        ray.shutdown()
        _ray.cache_clear()


class _Threads:
    def __init__(self, workers: int) -> None:
        self._workers = workers

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        with ThreadPoolExecutor(self._workers, initializer=configure_thread) as pool:
            yield from pool.map(function, items)


class _Processes:
    def __init__(self, workers: int) -> None:
        self._workers = workers
        # a forked child would inherit locks that other threads of the parent hold
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, context, initializer=configure_thread)
        weakref.finalize(self, self._pool.shutdown)

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        # the function is sent with every chunk: two chunks a worker balance load and traffic
        chunk = max(1, -(-len(items) // (2 * self._workers)))
        try:
            yield from self._pool.map(function, items, chunksize=chunk)
        except BrokenProcessPool as error:
            _processes.cache_clear()
            raise RanwrightError(
                "engine.worker_died",
                f"A worker process died: {error}",
                "Try again; if it recurs, lower RANWRIGHT_WORKERS, memory may be short.",
                ExitCode.DEFECT,
            ) from error


class _Ray:
    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._remote = ray.remote(_on_a_worker)

    def map(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        kept = self._ray.put(function)
        for reference in [self._remote.remote(kept, item) for item in items]:
            yield self._ray.get(reference)


def _on_a_worker(function: Callable[[T], R], item: T) -> R:
    configure_thread()
    return function(item)


@lru_cache(maxsize=1)
def _processes(workers: int) -> _Processes:
    return _Processes(workers)


@lru_cache(maxsize=1)
def _ray(workers: int, address: str | None) -> _Ray:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise RanwrightError(
            "engine.ray_missing",
            "Ray is not installed.",
            "Install the extra ray, or set RANWRIGHT_ENGINE=threads.",
            ExitCode.USAGE,
        ) from error
    if not ray.is_initialized():
        own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False}
        joined: dict[str, Any] = {"address": address}
        try:
            ray.init(log_to_driver=False, **(joined if address else own))
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise RanwrightError(
                "engine.ray_unreachable",
                f"No Ray cluster at {address}: {error}",
                "Correct RANWRIGHT_RAY_ADDRESS, or leave it empty for a local one.",
                ExitCode.USAGE,
            ) from error
    return _Ray(ray)
