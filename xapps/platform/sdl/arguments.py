"""How commands read their arguments."""

from collections.abc import Mapping, Sequence

Arguments = Sequence[bytes]


class CommandError(Exception):
    """A command cannot be carried out; the text goes to the client as an error reply."""


def integer(argument: bytes) -> int:
    """A decimal number of a command.

    Raises:
        CommandError: it is none.
    """
    digits = argument.removeprefix(b"-")
    if not digits.isdigit() or len(digits) > 18:
        raise CommandError("ERR value is not an integer or out of range")
    return int(argument)


def pairs(arguments: Arguments) -> Mapping[bytes, bytes]:
    """Keys and values that alternate; the last value of a repeated key counts."""
    return dict(paired(arguments))


def paired(arguments: Arguments) -> list[tuple[bytes, bytes]]:
    """Arguments two by two.

    Raises:
        CommandError: one is left over.
    """
    if len(arguments) % 2:
        raise CommandError("ERR wrong number of arguments: they come in pairs")
    return list(zip(arguments[::2], arguments[1::2], strict=True))
