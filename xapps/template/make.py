"""Makes the folder of a new xApp from the files of this package."""

import importlib.util
import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from contracts.errors import ExitCode, RanwrightError

MAX_NAME_LENGTH = 30
"""``service-ricxapp-NAME-rmr.ricxapp:4560`` must be shorter than RMR's 64 octets of a source."""

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_WRAPPER_SUFFIX = ".txt"
"""Python sources carry it here: with their placeholders they are not Python yet."""

_AS_IT_IS = "indications.txt"


def make_xapp(name: str, parent: Path) -> Path:
    """Make ``parent/name`` with an xApp that runs: descriptor, schema, package, tests, README.

    Args:
        name: of the xApp, a DNS label that begins with a letter.
        parent: folder to make it in.

    Returns:
        The folder made.

    Raises:
        RanwrightError: ``xapp.bad_name``, ``xapp.exists``, ``xapp.unwritable``.
    """
    module = _module(name)
    folder = parent / name
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        _fill(files(__package__) / "files", folder, {"name": name, "module": module})
    except FileExistsError as error:
        raise RanwrightError(
            "xapp.exists",
            f"{error.filename} exists.",
            "Choose another name or folder; nothing is overwritten.",
            ExitCode.USAGE,
        ) from error
    except OSError as error:
        raise RanwrightError(
            "xapp.unwritable",
            f"{error.filename} cannot be written: {error.strerror}.",
            "Choose a folder of yours with --folder.",
            ExitCode.USAGE,
        ) from error
    return folder


def _module(name: str) -> str:
    """The Python package of an xApp."""
    module = name.replace("-", "_")
    if not _NAME.fullmatch(name):
        raise _bad_name(name, "it is not lower-case letters, digits and dashes, a letter first")
    if len(name) > MAX_NAME_LENGTH:
        raise _bad_name(name, f"its host name would not fit RMR's: {len(name)} characters")
    if keyword.iskeyword(module) or module == "tests" or _is_taken(module):
        raise _bad_name(name, f"its Python package would hide another called {module}")
    return module


def _is_taken(module: str) -> bool:
    """Whether an installed module has this name; a mere folder (no origin) is none."""
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None


def _bad_name(name: str, why: str) -> RanwrightError:
    return RanwrightError(
        "xapp.bad_name",
        f"{name[:100]!r} cannot be the name of a new xApp: {why}.",
        f"Take a name such as worst-cell, of {MAX_NAME_LENGTH} characters at most.",
        ExitCode.USAGE,
    )


def _fill(source: Traversable, target: Path, words: dict[str, str]) -> None:
    """Copy a folder with its placeholders filled in."""
    for entry in source.iterdir():
        if entry.is_dir():
            made = target / (words["module"] if entry.name == "package" else entry.name)
            made.mkdir()
            _fill(entry, made, words)
        elif entry.name == _AS_IT_IS:
            (target / entry.name).write_bytes(entry.read_bytes())
        else:
            text = Template(entry.read_text(encoding="utf-8")).substitute(words)
            path = target / entry.name.removesuffix(_WRAPPER_SUFFIX)
            path.write_text(text, encoding="utf-8")
