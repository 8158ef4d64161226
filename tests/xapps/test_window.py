"""Windows over a subscription that breaks, and journals of another release."""

import base64
from collections.abc import Callable

import pytest

from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE
from contracts.dsse import EnvelopeSignature, SignedEnvelope
from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS, KpmReport
from xapps.actuator.journal import Entry
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
        self, period_ms: int, count: int, _timeout_s: float, on_report: Callable[[KpmReport], None]
    ) -> None:
        self.subscriptions += 1
        for sent in range(count):
            if sent == self._lasting:
                self._at += LOST
                raise RanwrightError("rpc.unreachable", "The plant went away.", "Wait.")
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
    window = Window(plant, WINDOW_MS, 20.0, None, lambda *_: None)
    reports = window.collect(start_ms=0, now_ms=0)
    assert sum(r.period_ms for r in reports) == WINDOW_MS
    assert plant.subscriptions == subscriptions


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
