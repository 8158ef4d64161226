"""What the actuator makes of policies: one run a certificate, followers, refusals that stay."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.certificate import RECEIPT_PAYLOAD_TYPE, Receipt
from contracts.delivery import AWAITING_POLICY, certificate_digest, certificate_policy
from contracts.dsse import EnvelopeSignature, SignedEnvelope, Signer, sign
from contracts.errors import ExitCode, RanwrightError
from tests.xapps.sdk.test_policies import Wire
from tests.xapps.world import eventually, now
from xapps.actuator import a1
from xapps.actuator.a1 import MOST_LIVE, Certificates
from xapps.actuator.journal import Journal
from xapps.actuator.progress import Progress
from xapps.platform.a1.messages import A1_POLICY_RESP, Dialect, policy_request, read_answer
from xapps.sdk.policies import A1Policies

Act = Callable[[SignedEnvelope, Progress], SignedEnvelope]
SIGNER = Signer.generate_ed25519()


def envelope(text: str = "e30=") -> SignedEnvelope:
    return SignedEnvelope(
        payload_type="any", payload=text, signatures=(EnvelopeSignature(keyid="k", sig="00"),)
    )


def receipt(status: str) -> SignedEnvelope:
    return sign(
        Receipt(
            certificate_id="0" * 32,
            trace_id="t",
            plan_digest="sha256:" + "0" * 64,
            status=status,
            code="effect.confirmed",
            reason="",
            measured=None,
            finished_at=now(),
        ),
        RECEIPT_PAYLOAD_TYPE,
        SIGNER,
    )


class Desk:
    """The certificates of an actuator whose acting is the test's."""

    def __init__(self, folder: Path) -> None:
        self.wire, self.acted = Wire(), list[SignedEnvelope]()
        self.journal = Journal(folder / "journal.sqlite")
        self.act: Act = lambda _envelope, _progress: receipt("fulfilled")
        self.certificates = Certificates(
            self._execute, self.journal, A1Policies(self.wire, "actuator")
        )

    def _execute(self, certificate: SignedEnvelope, progress: Progress) -> SignedEnvelope:
        self.acted.append(certificate)
        return self.act(certificate, progress)

    def put(self, certificate: Any, name: str = "one", operation: Any = "CREATE") -> None:
        policy = certificate_policy(certificate)
        self.put_policy(None if operation == "DELETE" else policy, name, operation)

    def put_policy(self, policy: Any, name: str = "one", operation: Any = "CREATE") -> None:
        type_id = CERTIFICATE_POLICY_TYPE
        self.wire.receive(policy_request(operation, type_id, name, policy, Dialect.GO))

    def follow(self, certificate: Any, on_event: Callable[[Any], None] = lambda _: None) -> Any:
        params = {"envelope_digest": certificate_digest(certificate)}
        return self.certificates.handlers()["follow"](params, on_event)

    def answers(self) -> dict[str, str]:
        said = [read_answer(octets) for mtype, octets in self.wire.sent if mtype == A1_POLICY_RESP]
        return {answer.instance_id: answer.status for answer in said}

    def await_answer(self, name: str) -> str:
        return str(eventually(lambda: self.answers().get(name), f"{name} is answered"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


GOOD = envelope().model_dump(mode="json")


def test_a_follower_hears_everything_from_the_beginning_to_the_receipt(desk: Desk) -> None:
    signed, told = receipt("fulfilled"), list[Any]()

    def act(_envelope: SignedEnvelope, progress: Progress) -> SignedEnvelope:
        progress("checked", 1)
        progress("sending", 2)
        return signed

    desk.act = act

    def hear(event: Any) -> None:
        told.append(event["stage"])
        if event["stage"] == AWAITING_POLICY:
            desk.put(GOOD)

    assert desk.follow(GOOD, hear) == signed.model_dump(mode="json")
    assert told == [AWAITING_POLICY, "checked", "sending"]
    assert desk.answers() == {"one": "OK"}


def test_a_certificate_under_two_names_is_carried_out_once(desk: Desk) -> None:
    go_on = threading.Event()

    def act(_envelope: SignedEnvelope, _progress: Progress) -> SignedEnvelope:
        assert go_on.wait(20)
        return receipt("rolled_back")

    desk.act = act
    for name in ("one", "two"):
        desk.put(GOOD, name)
    desk.put(GOOD, "one", "UPDATE")
    go_on.set()
    assert (desk.await_answer("one"), desk.await_answer("two")) == ("ERROR", "ERROR")
    assert len(desk.acted) == 1


def test_a_refusal_is_final_and_told_to_every_follower(desk: Desk) -> None:
    def refuse(_envelope: SignedEnvelope, _progress: Progress) -> SignedEnvelope:
        raise RanwrightError("plan.stale", "stale", "Plan again.")

    desk.act = refuse
    desk.put(GOOD)
    assert desk.await_answer("one") == "ERROR"
    desk.put(GOOD, "two")
    assert desk.await_answer("two") == "ERROR"
    for _ in range(2):
        with pytest.raises(RanwrightError) as caught:
            desk.follow(GOOD)
        assert (caught.value.code, caught.value.message) == ("plan.stale", "stale")
    assert len(desk.acted) == 1


def test_a_defect_is_told_and_not_held_against_the_certificate(desk: Desk) -> None:
    def break_down(_envelope: SignedEnvelope, _progress: Progress) -> SignedEnvelope:
        raise ZeroDivisionError

    desk.act = break_down
    hear = {AWAITING_POLICY: lambda: desk.put(GOOD)}
    with pytest.raises(RanwrightError) as caught:
        desk.follow(GOOD, lambda event: hear[event["stage"]]())
    assert (caught.value.code, caught.value.exit_code) == ("rpc.defect", ExitCode.DEFECT)
    desk.act = lambda _envelope, _progress: receipt("fulfilled")
    assert desk.follow(GOOD, lambda event: hear[event["stage"]]())
    assert len(desk.acted) == 2


def test_what_never_comes_is_told_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(a1, "DELIVERY_LIMIT_S", 0.05)
    with pytest.raises(RanwrightError) as caught:
        desk.follow(GOOD)
    assert (caught.value.code, caught.value.exit_code) == ("a1.not_delivered", ExitCode.DEFECT)
    assert desk.certificates._awaited == {}
    with pytest.raises(RanwrightError) as caught:
        desk.certificates.handlers()["follow"]({"envelope_digest": 7}, lambda _: None)
    assert caught.value.code == "rpc.bad_params"


def test_a_policy_that_is_deleted_changes_nothing(desk: Desk) -> None:
    go_on = threading.Event()

    def act(_envelope: SignedEnvelope, _progress: Progress) -> SignedEnvelope:
        assert go_on.wait(20)
        return receipt("fulfilled")

    desk.act = act
    desk.put(GOOD)
    desk.put(GOOD, operation="DELETE")
    assert desk.await_answer("one") == "DELETED"
    go_on.set()
    eventually(lambda: desk.answers()["one"] == "OK", "it went on to its end")


def test_more_than_can_be_looked_at_is_not_taken(desk: Desk) -> None:
    go_on = threading.Event()

    def act(_envelope: SignedEnvelope, _progress: Progress) -> SignedEnvelope:
        assert go_on.wait(20)
        return receipt("fulfilled")

    desk.act = act
    for number in range(MOST_LIVE + 1):
        desk.put(envelope(f"{number:04d}").model_dump(mode="json"), f"n{number}")
    assert desk.answers() == {f"n{MOST_LIVE}": "ERROR"}
    go_on.set()
    eventually(lambda: len(desk.answers()) == MOST_LIVE + 1, "all are answered")
    assert sorted(set(desk.answers().values())) == ["ERROR", "OK"]


def test_only_so_many_refusals_are_remembered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(a1, "MOST_REFUSED", 2)
    for name in ("one", "two", "three"):
        desk.put(name, name)
        assert desk.await_answer(name) == "ERROR"
    assert len(desk.certificates._refused) == 2
    assert desk.acted == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def test_any_policy_is_answered(desk: Desk) -> None:
    count = 0

    @given(JSON.filter(lambda policy: policy is not None))  # a mediator writes that as nothing
    def law(policy: Any) -> None:
        nonlocal count
        count += 1
        desk.put_policy(policy, f"n{count}")
        assert desk.await_answer(f"n{count}") == "ERROR"

    law()
    assert desk.acted == []


PRINTABLE = st.text([chr(c) for c in range(32, 127)], max_size=30)


@given(PRINTABLE, PRINTABLE, PRINTABLE)
def test_of_an_envelope_the_digest_is_its_own(payload: str, kind: str, keyid: str) -> None:
    signature = EnvelopeSignature(keyid=keyid, sig=keyid)
    one = SignedEnvelope(payload_type=kind, payload=payload, signatures=(signature,))
    assert certificate_digest(one.model_dump(mode="json")) == one.digest
