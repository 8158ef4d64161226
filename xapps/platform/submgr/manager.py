"""Subscriptions of xApps: taken at once, made on E2 after, and told how it went."""

import secrets
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import structlog

from xapps.platform.http import RefusedError
from xapps.platform.names import Address
from xapps.platform.routes import RouteManager
from xapps.platform.sdl.commands import Database
from xapps.platform.submgr.backend import E2RefusedError, SubscriptionBackend
from xapps.platform.submgr.notify import Notification, deliver
from xapps.platform.submgr.records import Record, Records
from xapps.platform.submgr.requests import DetailBody, read_subscription

MAX_SUBSCRIPTIONS = 1_024
RETRY_PAUSE_S = 5.0
MOST_INSTANCE_ID = 65_535
_E2_WORKERS, _NOTIFY_WORKERS = 4, 16
"""For each node, so that one that is silent holds up nobody else's; for all xApps."""
_log = structlog.get_logger(__name__)


class SubscriptionManager:
    """Takes subscriptions, and keeps E2, routes and xApps in step; safe to share between threads.

    Args:
        database: where subscriptions are kept.
        backend: makes them on E2.
        routes: leads their messages to the xApp.
        resolve: address of a service name; raises RefusedError where there is none.
        retry_pause_s: between two attempts to notify an xApp.
    """

    def __init__(
        self,
        database: Database,
        backend: SubscriptionBackend,
        routes: RouteManager,
        resolve: Callable[[str, int], Address],
        retry_pause_s: float = RETRY_PAUSE_S,
    ) -> None:
        self._backend, self._routes, self._resolve = backend, routes, resolve
        self._retry_pause_s = retry_pause_s
        self._lock = threading.RLock()
        self._kept = Records(database)
        self._records = {record.id: record for record in self._kept.load()}
        self._last_instance_id = 0
        self._stop = threading.Event()
        self._e2: dict[str, ThreadPoolExecutor] = {}
        self._notify = ThreadPoolExecutor(_NOTIFY_WORKERS, "submgr-notify")

    def close(self) -> None:
        """Begin nothing new, and wait for what runs."""
        self._stop.set()
        with self._lock:
            workers = list(self._e2.values())
        for pool in workers:
            pool.shutdown(cancel_futures=True)
        self._notify.shutdown(cancel_futures=True)

    def subscribe(self, body: Any) -> str:
        """Take a subscription, and return its id; the rest happens after.

        Equal content gets the same id, and is told again how it went; what was refused is tried
        again.

        Raises:
            RefusedError: 400 malformed, 404 changes an unknown one, 503 no such node is connected.
        """
        wanted = read_subscription(body)
        for port in (wanted.client.http_port, wanted.client.rmr_port):
            self._resolve(wanted.client.host, port)
        if not self._backend.is_connected(wanted.meid):
            raise RefusedError(
                503,
                "submgr.not_connected",
                f"No E2 node {wanted.meid!r} is connected.",
                "See GET /v1/nodeb/states of the e2 manager for the names of nodes.",
            )
        with self._lock:
            known = self._same(wanted.fingerprint())
            if known is not None:
                self._submit(self._try_again, known)
                return known.id
            record_id = wanted.subscription_id or secrets.token_urlsafe(20)
            if wanted.subscription_id and wanted.subscription_id not in self._records:
                raise _unknown(wanted.subscription_id)
            replaced = self._records.pop(record_id, None)
            if len(self._records) >= MAX_SUBSCRIPTIONS:
                raise RefusedError(
                    500, "submgr.full", f"{MAX_SUBSCRIPTIONS} subscriptions hold.", "Delete some."
                )
            events = [detail.xapp_event_instance_id for detail in wanted.details]
            record = Record(record_id, wanted, {event: self._free_id() for event in events})
            self._records[record_id] = record
            self._kept.save(record)
        self._submit(self._replace, record, replaced)
        return record_id

    def unsubscribe(self, record_id: str) -> None:
        """Drop a subscription; the node is told after.

        Raises:
            RefusedError: 404.
        """
        with self._lock:
            record = self._records.pop(record_id, None)
            if record is None:
                raise _unknown(record_id)
            self._kept.remove(record_id)
        self._submit(self._end, record)

    def unsubscribe_all_of(self, host: str) -> None:
        """Drop the subscriptions of an xApp that runs no more, by its address."""
        for record in self.records():
            try:
                address = self._resolve(record.body.client.host, record.body.client.http_port)
            except RefusedError:
                address = (record.body.client.host, 0)
            if address[0] == host:
                with suppress(RefusedError):  # the xApp itself was faster
                    self.unsubscribe(record.id)

    def on_node_connected(self, ran_name: str) -> None:
        """Make the subscriptions to a node again: a node that sets up anew knows none."""
        for record in self.records():
            if record.body.meid == ran_name:
                self._submit(self._make, record, record.body.details, set(record.settled))

    def on_deletion_required(self, ran_name: str, instance_id: int) -> bool:
        """End what a node cannot serve any more, and tell the xApp; false where it is unknown."""
        for record in self.records():
            for event, number in record.instances.items():
                if number == instance_id and record.body.meid == ran_name:
                    self._submit(self._given_up, record, event)
                    return True
        return False

    def records(self) -> list[Record]:
        """Subscriptions that hold or are being made."""
        with self._lock:
            return list(self._records.values())

    def _same(self, fingerprint: str) -> Record | None:
        return next(
            (r for r in self._records.values() if r.body.fingerprint() == fingerprint), None
        )

    def _free_id(self) -> int:
        taken = {number for r in self._records.values() for number in r.instances.values()}
        while True:
            self._last_instance_id = self._last_instance_id % MOST_INSTANCE_ID + 1
            if self._last_instance_id not in taken:
                return self._last_instance_id

    def _submit(self, work: Callable[..., None], record: Record, *arguments: Any) -> None:
        def run() -> None:
            with record.turn:
                work(record, *arguments)

        with self._lock:
            if self._stop.is_set():
                return
            ran_name = record.body.meid
            if ran_name not in self._e2:
                self._e2[ran_name] = ThreadPoolExecutor(_E2_WORKERS, f"submgr-{ran_name}")
            self._e2[ran_name].submit(run).add_done_callback(_log_defect)

    def _replace(self, record: Record, replaced: Record | None) -> None:
        if replaced is not None:
            with replaced.turn:
                self._end(replaced)
        self._make(record, record.body.details, set())

    def _try_again(self, record: Record) -> None:
        for event in sorted(record.settled):
            self._tell(record, event, None)
        refused = [d for d in record.body.details if d.xapp_event_instance_id not in record.settled]
        self._make(record, refused, set())

    def _make(self, record: Record, details: Iterable[DetailBody], quiet: set[int]) -> None:
        """Make details on E2, and notify of each but the quiet ones."""
        for detail in details:
            if not self._holds(record):
                return
            event = detail.xapp_event_instance_id
            refusal = self._subscribe_detail(record, detail)
            with self._lock:
                (record.settled.discard if refusal else record.settled.add)(event)
                if self._holds(record):
                    self._kept.save(record)
            if refusal is not None or event not in quiet:
                self._tell(record, event, refusal)

    def _subscribe_detail(self, record: Record, detail: DetailBody) -> E2RefusedError | None:
        instance_id = record.instances[detail.xapp_event_instance_id]
        client, directives = record.body.client, record.body.directives
        if directives.rmr_routing_needed:
            # before the node is asked: its first indication may come with its answer
            host, port = self._resolve(client.host, client.rmr_port)
            self._routes.set_subscription(instance_id, f"{host}:{port}")
        request = record.body.on_e2(detail, instance_id)
        refusal: E2RefusedError | None = None
        for _ in range(1 + directives.retry_count):
            try:
                self._backend.subscribe(request, float(directives.timeout_timer_value))
                return None
            except E2RefusedError as error:
                refusal = error
                if not error.timed_out or self._stop.is_set():
                    break
        self._routes.set_subscription(instance_id, None)
        if refusal is not None and refusal.timed_out:
            # its answer may have come too late: the node would report to nobody, for good
            with suppress(E2RefusedError):
                self._backend.unsubscribe(request, float(directives.timeout_timer_value))
        return refusal

    def _end(self, record: Record, only: int | None = None) -> None:
        timeout_s = float(record.body.directives.timeout_timer_value)
        for detail in record.body.details:
            if only not in (None, detail.xapp_event_instance_id):
                continue
            instance_id = record.instances[detail.xapp_event_instance_id]
            if detail.xapp_event_instance_id in record.settled:
                try:
                    self._backend.unsubscribe(record.body.on_e2(detail, instance_id), timeout_s)
                except E2RefusedError as error:
                    _log.warning("submgr.not_deleted", instance=instance_id, cause=error.message)
            self._routes.set_subscription(instance_id, None)

    def _given_up(self, record: Record, event: int) -> None:
        """A subscription that its node wants ended; one that asks again for it gets it anew."""
        if not self._holds(record) or event not in record.settled:
            return
        self._end(record, event)
        with self._lock:
            record.settled.discard(event)
            if self._holds(record):
                self._kept.save(record)
        self._tell(record, event, E2RefusedError("the node required its deletion", "E2Node"))

    def _holds(self, record: Record) -> bool:
        with self._lock:
            return self._records.get(record.id) is record and not self._stop.is_set()

    def _tell(self, record: Record, event: int, refusal: E2RefusedError | None) -> None:
        client = record.body.client
        notification = Notification(record.id, event, record.instances[event], refusal)

        def work() -> None:
            address = self._resolve(client.host, client.http_port)
            deliver(address, notification, self._stop, self._retry_pause_s)

        if not self._stop.is_set():
            self._notify.submit(work).add_done_callback(_log_defect)


def _log_defect(future: Any) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.error("submgr.defect", exc_info=error)


def _unknown(record_id: str) -> RefusedError:
    return RefusedError(
        404,
        "submgr.unknown",
        f"There is no subscription {record_id!r}.",
        "Use the SubscriptionId of the answer to the POST.",
    )
