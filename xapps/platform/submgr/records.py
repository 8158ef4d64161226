"""Subscriptions that hold, kept over restarts of the core."""

import json
import threading
from dataclasses import dataclass, field

from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace
from xapps.platform.submgr.requests import SubscriptionBody, read_subscription

NAMESPACE = "submgr_restSubsDb"


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
        return [_read(text) for text in self._data.find("").values()]

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


def _read(text: bytes) -> Record:
    fields = json.loads(text)
    return Record(
        fields["id"],
        read_subscription(fields["body"]),
        dict(fields["instances"]),
        set(fields["settled"]),
    )
