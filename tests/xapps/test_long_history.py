"""What the actuator looks at all the time costs the same after years, and with a ledger away."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from contracts.clock import Clock
from contracts.ledger.outbox import MOST_AT_ONCE, LedgerOutbox
from contracts.ledger.reader import LedgerReader
from contracts.record import Record, RecordKind
from tests.xapps.world import World
from xapps.actuator.activations.store import ActivationStore
from xapps.actuator.journal import Journal

ENDED = (
    "INSERT INTO action (certificate_id, trace_id, plan_digest, envelope, step)"
    " VALUES (?, 't', 'sha256:0', x'00', ?)"
)
OVER = (
    "INSERT INTO activation (activation_id, trace_id, certificate_id, envelope, digest,"
    " expires_at, status) VALUES (?, 't', 'c', x'00', 'sha256:0', '', ?)"
)


def steps(journal: Journal, look: Callable[[], object]) -> int:
    """Instructions that the database runs for a look."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    journal._db.set_progress_handler(count, 1)
    look()
    journal._db.set_progress_handler(None, 1)
    return counted


def test_looking_for_what_is_open_does_not_read_what_has_ended(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        store = ActivationStore(journal)
        looks = (journal.unfinished, store.open)
        at_first = [steps(journal, look) for look in looks]
        journal._write([(ENDED, (f"a{n}", "fulfilled")) for n in range(500)])
        journal._write([(OVER, (f"a{n}", "expired")) for n in range(500)])
        assert [steps(journal, look) for look in looks] == at_first
        journal._write([(ENDED, ("open", "sending")), (OVER, ("open", "live"))])
        assert [e.certificate_id for e in journal.unfinished()] == ["open"]
        assert [
            r[0] for r in journal.rows("SELECT activation_id FROM activation WHERE status = 'live'")
        ] == ["open"]


def test_a_long_queue_is_delivered_in_order_and_read_in_parts(world: World) -> None:
    world.start_ledger()
    keys = [f"key-{n}" for n in range(2 * MOST_AT_ONCE + 1)]
    with closing(Journal(world.site.actuator_journal)) as journal:
        for key in keys:
            kind, now = RecordKind.ACTION_REFUSED, Clock().now()
            record = Record(key=key, trace_id="t", kind=kind, actor="actuator", at=now, content={})
            journal.enqueue(record)
        assert [Record.parse(i.data).key for i in journal.outbox()] == keys[:MOST_AT_ONCE]
        LedgerOutbox(world.site, journal).flush()
        assert not journal.outbox()
    assert [e.record.key for e in LedgerReader.of(world.site).records("t")] == keys
