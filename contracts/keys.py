"""Keys of a site: one private key a role, and the trust store that the root key signs.

The root's public half is pinned beside the trust store when the keys are made. Copies of both are
what an auditor elsewhere needs; the private root key may be moved off the machine.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import ValidationError

from contracts.dsse import SignedEnvelope, Signer, sign, verify
from contracts.errors import RanwrightError
from contracts.files import write_atomically
from contracts.site import Role, Site
from contracts.trust import KeyRole, TrustedKey, TrustStore

TRUST_PAYLOAD_TYPE = "application/vnd.ranwright.trust+json"


def init_keys(site: Site) -> TrustStore:
    """Make the root key and a key for every role, and sign the first trust store.

    Raises:
        RanwrightError: ``keys.exist`` when the site has keys; they are never overwritten.
    """
    site.create()
    if site.trust.exists() or _private_key(site, "root").exists():
        raise RanwrightError(
            "keys.exist", f"{site.root} already has keys.", "Use ranwright keys rotate."
        )
    root = Signer.generate_ed25519()
    now = datetime.now(UTC)
    keys = []
    for role in get_args(Role):
        signer = Signer.generate_ed25519()
        _write_private(_private_key(site, role), signer)
        keys.append(_trusted(signer, role, now))
    write_atomically(site.root_key, _trusted(root, "root", now).canonical())
    _write_private(_private_key(site, "root"), root)
    trust = TrustStore(version=1, keys=tuple(keys))
    _write_trust(site, trust)
    return trust


def rotate(site: Site, role: Role) -> TrustStore:
    """Give a role a new key; what the old one signed until now stays valid for audit.

    Raises:
        RanwrightError: ``trust.*`` when the trust store cannot be read, ``key.missing`` when the
            private root key is not here.
    """
    trust, now = load_trust(site), datetime.now(UTC)
    signer = Signer.generate_ed25519()
    fresh = _private_key(site, role).with_suffix(".new")
    _write_private(fresh, signer)
    retired = tuple(
        k.model_copy(update={"retired_at": now}) if k.role == role and k.active else k
        for k in trust.keys
    )
    changed = TrustStore(version=trust.version + 1, keys=(*retired, _trusted(signer, role, now)))
    _write_trust(site, changed)
    fresh.replace(_private_key(site, role))
    return changed


def revoke(site: Site, role_or_keyid: Role | str, reason: str) -> TrustStore:
    """Stop believing a key: the present one of a role, or any by its identifier.

    Nothing signed by it is acted on again. The role is dumb until :func:`rotate`.

    Raises:
        RanwrightError: ``key.unknown``, ``trust.*``, or ``key.missing`` as for :func:`rotate`.
    """
    trust, now = load_trust(site), datetime.now(UTC)
    if role_or_keyid in get_args(Role):
        target = trust.active_key(role_or_keyid)  # type: ignore[arg-type]
    else:
        target = trust.find(role_or_keyid)
    keys = tuple(
        k.model_copy(update={"revoked_at": k.revoked_at or now, "reason": reason})
        if k.keyid == target.keyid
        else k
        for k in trust.keys
    )
    changed = TrustStore(version=trust.version + 1, keys=keys)
    _write_trust(site, changed)
    return changed


def load_trust(site: Site) -> TrustStore:
    """Read a site's trust store and check the root's signature.

    Raises:
        RanwrightError: ``trust.missing`` or ``trust.tampered``.
    """
    return read_trust(site.trust, site.root_key)


def read_trust(trust: Path, root_key: Path) -> TrustStore:
    """Read a trust store from two files, e.g. an auditor's own copies.

    Raises:
        RanwrightError: ``trust.missing`` or ``trust.tampered``.
    """
    try:
        root = TrustedKey.parse(root_key.read_bytes())
        envelope = SignedEnvelope.parse(trust.read_bytes())
        pinned = TrustStore(version=1, keys=(root,))
        payload = verify(envelope, TRUST_PAYLOAD_TYPE, "root", pinned, datetime.now(UTC))
        return TrustStore.parse(payload)
    except OSError as error:
        raise RanwrightError(
            "trust.missing", f"The trust store cannot be read: {error}.", "Run ranwright init."
        ) from error
    except (RanwrightError, ValidationError) as error:
        raise RanwrightError(
            "trust.tampered",
            f"The trust store is not the one the root key signed: {error}",
            "Restore trust.json and root.pub from a copy you trust.",
        ) from error


def load_signer(site: Site, role: Role) -> Signer:
    """A role's private key, read at each use so that a rotation takes effect at once.

    Raises:
        RanwrightError: ``key.missing``.
    """
    return _load_private(_private_key(site, role))


def _private_key(site: Site, role: KeyRole) -> Path:
    return site.keys / f"{role}.pem"


def _load_private(path: Path) -> Signer:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise RanwrightError(
            "key.missing",
            f"The private key {path.name} cannot be read: {error}.",
            "Run ranwright init, or bring the key back.",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RanwrightError("key.missing", f"{path.name} is no Ed25519 key.", "Rotate it.")
    return Signer(key)


def _write_private(path: Path, signer: Signer) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(signer.private_bytes)
        file.flush()
        os.fsync(file.fileno())


def _trusted(signer: Signer, role: KeyRole, now: datetime) -> TrustedKey:
    public = signer.public_key
    return TrustedKey(
        keyid=public.keyid, role=role, public_key=public.keyval["public"], valid_from=now
    )


def _write_trust(site: Site, trust: TrustStore) -> None:
    root = _load_private(_private_key(site, "root"))
    write_atomically(site.trust, sign(trust, TRUST_PAYLOAD_TYPE, root).canonical())
