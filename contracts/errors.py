"""Errors that carry a stable code and a remedy, and the exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of ``ranwright``; documented in ``docs/guide/exit-codes.md``."""

    FULFILLED = 0
    DEFECT = 1
    USAGE = 2
    REFUSED = 3
    INFEASIBLE = 4
    CLARIFICATION_NEEDED = 5
    ROLLED_BACK = 6
    AWAITING_APPROVAL = 7
    FALLEN_BACK = 8


class RanwrightError(Exception):
    """Something was refused or could not be done.

    Args:
        code: stable dotted identifier, e.g. ``certificate.expired``; never reworded.
        message: what was wrong, with the offending values.
        remedy: what the caller can do about it.
        exit_code: what the command line returns when this error ends it.
    """

    def __init__(
        self, code: str, message: str, remedy: str, exit_code: ExitCode = ExitCode.REFUSED
    ) -> None:
        super().__init__(f"{message} ({code}) {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type["RanwrightError"], tuple[str, str, str, ExitCode]]:
        """Pickled whole: the arguments of an exception are only its message by default."""
        return type(self), (self.code, self.message, self.remedy, self.exit_code)

    def to_json(self) -> dict[str, str | int]:
        """The error as it crosses a process boundary and as ``--json`` prints it."""
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "exit_code": int(self.exit_code),
        }

    @classmethod
    def from_json(cls, data: dict[str, str | int]) -> "RanwrightError":
        """Rebuild an error received from another process."""
        return cls(
            str(data["code"]),
            str(data["message"]),
            str(data["remedy"]),
            ExitCode(int(data["exit_code"])),
        )
