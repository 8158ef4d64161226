"""How much a file may cost before it is refused, and the errors that say so."""

from dataclasses import dataclass

from contracts.errors import ExitCode, RanwrightError

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds on one source file; the largest 3GPP archives stay below a third of each.

    Args:
        file_bytes: of the file on disk.
        member_bytes: of one unpacked member.
        unpacked_bytes: of all members that are read from one file, nested archives included.
        members: entries of one archive.
        nesting: tables in tables, lists in maps, blocks in blocks.
        pieces: of one document.
        convert_seconds: that LibreOffice may take over a ``.doc``.
    """

    file_bytes: int = 512 * _MIB
    member_bytes: int = 256 * _MIB
    unpacked_bytes: int = 1024 * _MIB
    members: int = 10_000
    nesting: int = 64
    pieces: int = 2_000_000
    convert_seconds: float = 180.0


DEFAULT = Limits()


def damaged(what: str) -> RanwrightError:
    """The file is not what its name says, or is cut off."""
    return RanwrightError(
        "ingest.damaged", f"The file cannot be read: {what}.", "Download it again."
    )


def too_large(what: str) -> RanwrightError:
    """The file asks for more than a specification needs."""
    return RanwrightError(
        "ingest.too_large",
        f"The file is refused: {what}.",
        "No specification is that large; get it from the official archive.",
    )


def too_deep(what: str) -> RanwrightError:
    """Structures inside structures beyond what documents have."""
    return RanwrightError(
        "ingest.nested_too_deep",
        f"The file is refused: {what} are nested too deeply.",
        "Get the file from the official archive.",
    )


def unsupported(what: str, remedy: str) -> RanwrightError:
    """There is no reader for this."""
    return RanwrightError("ingest.unsupported", what, remedy, ExitCode.USAGE)
