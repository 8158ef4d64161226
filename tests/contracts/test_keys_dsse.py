"""Signatures, roles, rotation, revocation, and the pinned trust store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from contracts.clock import Instant
from contracts.dsse import SignedEnvelope, sign, verify
from contracts.errors import RanwrightError
from contracts.keys import init_keys, load_signer, load_trust, read_trust, revoke, rotate
from contracts.site import Role, Site
from tests.contracts_support import mutations

TYPE = "application/vnd.ranwright.test+json"
VALUE = Instant(wall_time=datetime(2026, 1, 1, tzinfo=UTC), kpm_time_ms=5)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


def signed(site: Site, role: Role = "verifier") -> SignedEnvelope:
    return sign(VALUE, TYPE, load_signer(site, role))


def code(site: Site, envelope: SignedEnvelope, at: datetime | None = None) -> str | None:
    try:
        verify(envelope, TYPE, "verifier", load_trust(site), at or datetime.now(UTC))
    except RanwrightError as error:
        return error.code
    return None


def test_a_signature_returns_the_payload(site: Site) -> None:
    payload = verify(signed(site), TYPE, "verifier", load_trust(site), datetime.now(UTC))
    assert Instant.parse(payload) == VALUE


def test_private_files_are_private(site: Site) -> None:
    for path in site.keys.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert {p.stem for p in site.keys.iterdir()} == {"root", *get_args(Role)}


def test_keys_are_never_overwritten(site: Site) -> None:
    with pytest.raises(RanwrightError, match=r"keys\.exist"):
        init_keys(site)


@pytest.mark.parametrize("role", [r for r in get_args(Role) if r != "verifier"])
def test_other_roles_do_not_speak_for_the_verifier(site: Site, role: Role) -> None:
    assert code(site, signed(site, role)) == "signature.wrong_role"


def test_the_type_is_signed_too(site: Site) -> None:
    other = sign(VALUE, "application/other", load_signer(site, "verifier"))
    assert code(site, other) == "signature.wrong_type"
    assert code(site, other.model_copy(update={"payload_type": TYPE})) == "signature.invalid"


def test_every_edit_of_an_envelope_is_refused(site: Site) -> None:
    envelope = signed(site)
    for where, edited in mutations(envelope.model_dump(mode="json")):
        assert code(site, SignedEnvelope.model_validate(edited)) is not None, where


def test_a_content_has_one_form(site: Site) -> None:
    envelope = signed(site)
    (signature,) = envelope.signatures
    upper = signature.model_copy(update={"sig": signature.sig.upper()})
    for changed in (
        {"signatures": (upper,)},
        {"signatures": (signature, signature)},
        {"payload": envelope.payload + "\n"},
        {"payload": envelope.payload + "===="},
    ):
        assert code(site, envelope.model_copy(update=changed)) == "signature.malformed"


def test_rotation_keeps_the_past_and_ends_the_future(site: Site) -> None:
    old, made = signed(site), datetime.now(UTC)
    trust = rotate(site, "verifier")
    assert trust.version == 2
    assert code(site, old, made) is None
    assert code(site, old) == "key.retired"
    assert code(site, signed(site)) is None
    assert code(site, signed(site), made - timedelta(days=1)) == "key.not_yet_valid"


def test_revocation_ends_the_future(site: Site) -> None:
    old, made = signed(site), datetime.now(UTC)
    revoke(site, "verifier", "laptop stolen")
    assert code(site, old) == "key.revoked"
    assert code(site, old, made) is None
    assert code(site, signed(site)) == "key.revoked"
    rotate(site, "verifier")
    assert code(site, signed(site)) is None
    keyid = load_trust(site).active_key("verifier").keyid
    revoke(site, keyid, "again")
    assert code(site, signed(site)) == "key.revoked"
    with pytest.raises(RanwrightError, match=r"key\.unknown"):
        revoke(site, "verifier", "nothing left")
    with pytest.raises(RanwrightError, match=r"key\.unknown"):
        revoke(site, "0" * 64, "never seen")


def test_a_trust_store_needs_the_root(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other")
    init_keys(other)
    with pytest.raises(RanwrightError, match=r"trust\.tampered"):
        read_trust(other.trust, site.root_key)
    with pytest.raises(RanwrightError, match=r"trust\.missing"):
        read_trust(tmp_path / "none", site.root_key)
    (site.keys / "root.pem").unlink()
    assert load_trust(site).version == 1
    with pytest.raises(RanwrightError, match=r"key\.missing"):
        rotate(site, "ledger")


def test_every_edit_of_the_trust_store_is_refused(site: Site) -> None:
    original = SignedEnvelope.parse(site.trust.read_bytes())
    for where, edited in mutations(original.model_dump(mode="json")):
        site.trust.write_bytes(SignedEnvelope.model_validate(edited).canonical())
        with pytest.raises(RanwrightError) as caught:
            load_trust(site)
        assert caught.value.code == "trust.tampered", where
