"""The trust store: which public key speaks for which role, from when until when."""

from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from contracts.canonical import Contract
from contracts.errors import RanwrightError

KeyRole = Literal["root", "ledger", "verifier", "approver", "actuator", "plant"]
"""Who a key speaks for; ``root`` signs the trust store and nothing else."""


class TrustedKey(Contract):
    """An Ed25519 public key and the time in which its signatures count.

    ``retired_at`` ends it in good order (rotation). ``revoked_at`` says that it is no longer
    believed; signatures recorded before that moment are reported as such by the audit.
    """

    keyid: str = Field(pattern=r"^[0-9a-f]{64}$")
    role: KeyRole
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$", description="raw public key, hex")
    valid_from: AwareDatetime
    retired_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    reason: str | None = None

    @property
    def active(self) -> bool:
        """Neither retired nor revoked."""
        return self.retired_at is None and self.revoked_at is None

    def require_usable(self, at: datetime) -> None:
        """Refuse a signature that this key made at a time when it did not count.

        Raises:
            RanwrightError: ``key.not_yet_valid``, ``key.retired`` or ``key.revoked``.
        """
        name = f"Key {self.keyid[:12]} of the {self.role}"
        if at < self.valid_from:
            raise RanwrightError(
                "key.not_yet_valid",
                f"{name} is valid from {self.valid_from.isoformat()}, the signature is older.",
                "Check the clocks of the processes.",
            )
        if self.revoked_at is not None and at >= self.revoked_at:
            raise RanwrightError(
                "key.revoked",
                f"{name} was revoked at {self.revoked_at.isoformat()}: {self.reason}.",
                "Have it signed again with the present key.",
            )
        if self.retired_at is not None and at >= self.retired_at:
            raise RanwrightError(
                "key.retired",
                f"{name} was rotated out at {self.retired_at.isoformat()}.",
                "Have it signed again with the present key.",
            )


class TrustStore(Contract):
    """All keys that ever spoke for a role of this site. ``version`` grows with every change."""

    version: int = Field(ge=1)
    keys: tuple[TrustedKey, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len({k.keyid for k in self.keys}) != len(self.keys):
            raise ValueError("a key is listed twice")
        return self

    def find(self, keyid: str) -> TrustedKey:
        """The key of an identifier.

        Raises:
            RanwrightError: ``key.unknown``.
        """
        for key in self.keys:
            if key.keyid == keyid:
                return key
        raise RanwrightError(
            "key.unknown",
            f"Nobody here trusts key {keyid[:64]!r}.",
            "Check that the signer belongs to this site.",
        )

    def active_key(self, role: KeyRole) -> TrustedKey:
        """The key that a role signs with now.

        Raises:
            RanwrightError: ``key.unknown`` when the role has none.
        """
        for key in self.keys:
            if key.role == role and key.active:
                return key
        raise RanwrightError(
            "key.unknown", f"The {role} has no valid key.", "Run ranwright keys rotate."
        )
