"""Rotation and revocation: told to the ledger, effective at once, no rewriting of history."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from agents.cli.keys import app
from contracts.errors import RanwrightError
from contracts.keys import load_trust
from contracts.ledger.audit import AuditReport, verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.record import RecordKind
from tests.xapps.world import World, make_certificate, make_plan, make_requirements
from tests.xapps.world import sign_certificate as signed


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


def keys(world: World, *arguments: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--site", str(world.site.root)])
    assert result.exit_code == 0, result.output


def events(world: World) -> list[dict[str, object]]:
    records = [e.record for e in LedgerReader.of(world.site).records("keys")]
    assert all(r.kind is RecordKind.KEY_EVENT for r in records)
    return [r.content for r in records]


def audit(world: World) -> AuditReport:
    return verify_ledger(world.site.ledger, world.site.objects, load_trust(world.site))


def test_a_rotated_verifier_is_recorded_and_its_old_certificates_are_history(world: World) -> None:
    world.start_all()
    acted = signed(world, make_certificate(world, world.snapshot()))
    assert world.execute(acted).status == "fulfilled"
    late_plan = make_plan(world.snapshot(), {2: 15_000})
    late = make_certificate(
        world, world.snapshot(), plan=late_plan, requirements=make_requirements(1.0)
    )
    waiting = signed(world, late)

    keys(world, "rotate", "verifier")

    with pytest.raises(RanwrightError) as caught:
        world.execute(waiting)
    assert caught.value.code == "key.retired"
    new = load_trust(world.site).active_key("verifier").keyid
    (event,) = events(world)
    assert (event["event"], event["role"], event["keyid"]) == ("rotated", "verifier", new)
    report = audit(world)
    assert report.ok, report.problems
    assert report.signatures >= 1

    keys(world, "revoke", "approver", "--reason", "lost")
    assert [e["event"] for e in events(world)] == ["rotated", "revoked"]
    assert audit(world).ok


def test_without_a_ledger_the_trust_store_alone_changes(world: World) -> None:
    version = load_trust(world.site).version
    keys(world, "rotate", "approver")
    assert load_trust(world.site).version == version + 1


def test_a_ledger_without_a_key_is_not_asked_to_sign(world: World) -> None:
    world.start_ledger()
    keys(world, "revoke", "ledger", "--reason", "lost")
    keys(world, "rotate", "ledger")
    (event,) = events(world)
    assert event["event"] == "rotated"
    assert audit(world).ok
