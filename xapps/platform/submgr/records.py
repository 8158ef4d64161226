"""Subscriptions that hold, kept over restarts of the core."""

import json
import threading
from dataclasses import dataclass, field

import structlog

from xapps.platform.http import RefusedError
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace
from xapps.platform.submgr.requests import SubscriptionBody, read_subscription

NAMESPACE = "submgr_restSubsDb"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Record:
    """One REST subscription.

    Args:
        id: what the xApp calls it.
        body: what it asked for.
        instances: RIC instance id of each detail, by its XappEventInstanceId.
        settled: details that the node admitted.
        turn: held while the subscription is worked on.
    """

    id: str
    body: SubscriptionBody
    instances: dict[int, int]
    settled: set[int] = field(default_factory=set)
    turn: threading.Lock = field(default_factory=threading.Lock, compare=False)


class Records:
    """The records in the SDL."""

    def __init__(self, database: Database) -> None:
        self._data = Namespace(database, NAMESPACE)

    def load(self) -> list[Record]:
        """All records, as of the last time the core ran."""
        found = (_read(key, text) for key, text in self._data.find("").items())
        return [record for record in found if record is not None]

    def save(self, record: Record) -> None:
        """Keep a record as it is now."""
        fields = {
            "id": record.id,
            "body": record.body.model_dump(mode="json", by_alias=True, exclude_none=True),
            "instances": list(record.instances.items()),
            "settled": sorted(record.settled),
        }
        self._data.set({record.id: json.dumps(fields).encode()})

    def remove(self, record_id: str) -> None:
        """Forget a record."""
        self._data.remove(record_id)


def _read(key: str, text: bytes) -> Record | None:
    """A record, ``None`` where an SDL client wrote something else over it."""
    try:
        fields = json.loads(text)
        body = read_subscription(fields["body"])
        return Record(fields["id"], body, dict(fields["instances"]), set(fields["settled"]))
    except (RefusedError, ValueError, KeyError, TypeError) as error:
        _log.warning("submgr.unreadable_record", key=key, cause=str(error))
        return None
