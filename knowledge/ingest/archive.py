"""Members of a zip archive, read within limits and never written to disk.

Sizes are counted as bytes are unpacked; what the archive says about them is not believed.
"""

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from contracts.errors import RanwrightError
from knowledge.ingest.limits import Limits, damaged, too_large

_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OSError)
_ENCRYPTED = 0x1


class Budget:
    """Bytes that one source file may still unpack, over all archives inside it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.unpacked_bytes

    def take(self, count: int) -> None:
        """Spend ``count`` bytes.

        Raises:
            RanwrightError: ``ingest.too_large`` when they are not left.
        """
        self._left -= count
        if self._left < 0:
            raise too_large(f"it unpacks to more than {self.limits.unpacked_bytes} bytes")


class Archive:
    """A zip archive in memory.

    Args:
        data: its bytes.
        budget: shared by all archives of one source file.

    Raises:
        RanwrightError: ``ingest.damaged``, ``ingest.too_large`` (too many members),
            ``ingest.unsafe_path`` (a name that leaves the archive) or ``ingest.ambiguous`` (two
            members of one name, of which readers would see different ones).
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_BROKEN, NotImplementedError) as error:
            raise damaged(f"no zip archive ({error})") from error
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        if len(entries) > budget.limits.members:
            raise too_large(f"{len(entries)} members in one archive")
        self._entries = {entry.filename: entry for entry in entries}
        for name in self._entries:
            _check_path(name)
        if len(self._entries) != len(entries):
            raise RanwrightError(
                "ingest.ambiguous",
                "The archive holds two members of the same name.",
                "Get the file from the official archive.",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the members, in the archive's order."""
        return tuple(self._entries)

    def read(self, name: str) -> bytes:
        """A member's bytes.

        Raises:
            RanwrightError: ``ingest.damaged``, ``ingest.too_large`` or ``ingest.encrypted``.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise damaged(f"{name} is missing")
        if entry.flag_bits & _ENCRYPTED:
            raise RanwrightError(
                "ingest.encrypted", f"{name} is encrypted.", "Store it without a password."
            )
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(entry) as member:
                while chunk := member.read(_CHUNK):
                    size += len(chunk)
                    if size > self._budget.limits.member_bytes:
                        raise too_large(f"{name} unpacks to more than {size - len(chunk)} bytes")
                    self._budget.take(len(chunk))
                    parts.append(chunk)
        except (*_BROKEN, NotImplementedError, RuntimeError) as error:
            raise damaged(f"{name}: {error}") from error
        return b"".join(parts)


def _check_path(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise RanwrightError(
            "ingest.unsafe_path",
            f"The archive holds a member named {name!r}, which leaves it.",
            "Get the file from the official archive.",
        )
