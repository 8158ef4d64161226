"""Content-addressed store for everything too big for a leaf; part of the ledger."""

import re
from pathlib import Path

from contracts.canonical import Digest, digest_bytes
from contracts.errors import RanwrightError
from contracts.files import write_atomically

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ObjectStore:
    """Files named by their content. Reading checks the content again."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes) -> Digest:
        """Store bytes and return their address; storing twice changes nothing."""
        digest = digest_bytes(data)
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, data)
        return digest

    def get(self, digest: Digest) -> bytes:
        """Read bytes by address.

        Raises:
            RanwrightError: ``object.missing``, or ``object.tampered`` when the content is not
                what its address says.
        """
        try:
            data = self._path(digest).read_bytes()
        except OSError as error:
            raise RanwrightError(
                "object.missing",
                f"Object {digest} is not in the store: {error}.",
                "Restore the objects folder of the ledger from a copy.",
            ) from error
        if digest_bytes(data) != digest:
            raise RanwrightError(
                "object.tampered",
                f"Object {digest} holds other content.",
                "Restore it from a copy; nothing that refers to it can be trusted meanwhile.",
            )
        return data

    def __contains__(self, digest: Digest) -> bool:
        return self._path(digest).is_file()

    def _path(self, digest: Digest) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            raise RanwrightError(
                "object.missing",
                f"{digest[:100]!r} is not a content address.",
                "Use sha256: and 64 lower-case hex digits.",
            )
        name = digest.removeprefix("sha256:")
        return self._root / name[:2] / name[2:]
