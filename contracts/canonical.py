"""Canonical JSON (RFC 8785) and SHA-256 content addresses: equal content has equal bytes."""

import hashlib
from typing import Any, Self

import rfc8785
from pydantic import BaseModel, ConfigDict

Digest = str
"""A content address: ``sha256:`` and 64 lower-case hex digits."""


def canonical_bytes(value: Any) -> bytes:
    """Serialise JSON-like data by RFC 8785 (sorted keys, shortest numbers, UTF-8)."""
    return rfc8785.dumps(value)


def digest_bytes(data: bytes) -> Digest:
    """Content address of raw bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Contract(BaseModel):
    """Base of everything that passes between parts: frozen, closed, content-addressed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def canonical(self) -> bytes:
        """The canonical JSON bytes of this value."""
        return canonical_bytes(self.model_dump(mode="json"))

    @property
    def digest(self) -> Digest:
        """The content address of :meth:`canonical`."""
        return digest_bytes(self.canonical())

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Validate JSON bytes into this type."""
        return cls.model_validate_json(data)
