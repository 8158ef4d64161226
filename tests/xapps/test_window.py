"""Windows over a subscription that breaks, and journals of another release."""

import base64
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE
from contracts.dsse import EnvelopeSignature, SignedEnvelope
from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS, KpmReport
from xapps.actuator.journal import Entry, Journal
from xapps.actuator.repair import certificate_of
from xapps.actuator.window import Window

WINDOW_MS = 30 * REPORT_PERIOD_MS
LOST = 25


class BreakingPlant:
    """Ends a subscription after ``lasting`` reports; ``LOST`` reports pass until the next one."""

    def __init__(self, lasting: int) -> None:
        self._lasting, self._at = lasting, 0
        self.subscriptions = 0

    def subscribe(
        self,
        _node: None,
        period_ms: int,
        count: int,
        _timeout_s: float,
        on_report: Callable[[KpmReport], None],
    ) -> None:
        self.subscriptions += 1
        for sent in range(count):
            if sent == self._lasting:
                self._at += LOST
                raise RanwrightError("e2.silent", "The plant went away.", "Wait.")
            self._at += 1
            on_report(
                KpmReport(
                    kpm_time_ms=self._at * period_ms,
                    period_ms=period_ms,
                    resource_version=1,
                    cells=(),
                    ues=(),
                )
            )


@pytest.mark.parametrize(("lasting", "subscriptions"), [(1000, 1), (12, 3), (29, 2)])
def test_what_a_broken_subscription_lost_is_asked_for_at_once(lasting, subscriptions):
    plant = BreakingPlant(lasting)
    window = Window(plant, None, WINDOW_MS, 20.0, None, lambda *_: None)
    reports = window.collect(start_ms=0, now_ms=0)
    assert sum(r.period_ms for r in reports) == WINDOW_MS
    assert plant.subscriptions == subscriptions


BEFORE_STAGES = """
CREATE TABLE action (
    certificate_id TEXT PRIMARY KEY, trace_id TEXT NOT NULL, plan_digest TEXT NOT NULL,
    envelope BLOB NOT NULL, step TEXT NOT NULL, applied_version INTEGER, code TEXT, receipt BLOB);
INSERT INTO action VALUES ('old', 't', 'sha256:0', '{}', 'fulfilled', 4, 'effect.confirmed', NULL);
"""


def test_a_journal_from_before_there_were_stages_is_kept(tmp_path):
    path = tmp_path / "actuator.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(BEFORE_STAGES)
    for _ in range(2):
        journal = Journal(path)
        entry = journal.find("old")
        assert entry is not None
        assert (entry.applied_version, entry.stage, entry.sent_version) == (4, None, None)
        journal.close()


def test_a_journal_of_another_release_is_named():
    envelope = SignedEnvelope(
        payload_type=CERTIFICATE_PAYLOAD_TYPE,
        payload=base64.b64encode(b'{"plan": {}}').decode(),
        signatures=(EnvelopeSignature(keyid="k", sig="00"),),
    )
    entry = Entry("c", "t", "sha256:" + "0" * 64, envelope.canonical(), "sending")
    with pytest.raises(RanwrightError) as refused:
        certificate_of(entry)
    assert refused.value.code == "journal.other_release"
