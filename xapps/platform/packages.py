"""Onboarded xApps: descriptor, schema and how to start them, under a digest."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import ExitCode, RanwrightError
from contracts.files import write_atomically
from xapps.platform.descriptor import MAX_DESCRIPTOR_BYTES, Descriptor, read_descriptor
from xapps.platform.schema import fault_of_schema, fault_of_value

_DESCRIPTOR, _SCHEMA, _PACKAGE = "config-file.json", "schema.json", "package.json"


@dataclass(frozen=True, slots=True)
class Package:
    """An onboarded xApp.

    Args:
        descriptor: what the platform reads of it.
        text: the descriptor, to the byte.
        schema: JSON schema of its controls, to the byte; empty where it has none.
        command: what follows the launcher: ``-m MODULE ...`` or ``SCRIPT ...``.
        folder: where the command runs.
        digest: SHA-256 over all of this, hexadecimal.
    """

    descriptor: Descriptor
    text: bytes
    schema: bytes
    command: tuple[str, ...]
    folder: str
    digest: str

    @property
    def name(self) -> str:
        """Name of the xApp."""
        return self.descriptor.name

    @property
    def version(self) -> str:
        """Its version."""
        return self.descriptor.version

    def check_controls(self, controls: Any) -> None:
        """Check controls against the schema.

        Raises:
            RanwrightError: ``xapp.bad_controls``.
        """
        fault = fault_of_value(json.loads(self.schema), controls) if self.schema else None
        if fault is not None:
            raise RanwrightError(
                "xapp.bad_controls",
                f"The controls of {self.name} break its schema: {fault}.",
                "Correct the controls or the schema.",
                ExitCode.USAGE,
            )


def make_package(text: bytes, schema: bytes, command: Sequence[str], folder: Path) -> Package:
    """Check all that belongs to an xApp.

    Args:
        text: the descriptor.
        schema: the JSON schema of its controls; empty: none.
        command: ``-m MODULE ...`` or ``SCRIPT ...``; a script's path is absolute or in the folder.
        folder: where the command runs.

    Raises:
        RanwrightError: ``descriptor.invalid``, ``xapp.bad_schema``, ``xapp.bad_controls``,
            ``xapp.bad_command``.
    """
    _check_command(tuple(command), folder)
    return read_package(text, schema, command, str(folder))


def read_package(text: bytes, schema: bytes, command: Sequence[str], folder: str) -> Package:
    """As :func:`make_package`, but what the command names is not looked at; pure.

    Raises:
        RanwrightError: ``descriptor.invalid``, ``xapp.bad_schema``, ``xapp.bad_controls``.
    """
    descriptor = read_descriptor(text)
    if schema:
        _check_schema(schema)
    words = tuple(command)
    parts = (text, schema, json.dumps([words, folder]).encode())
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    package = Package(descriptor, text, schema, words, folder, digest)
    package.check_controls(descriptor.controls or {})
    return package


class Packages:
    """The store of packages, one folder a name and version."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, package: Package) -> None:
        """Keep a package; the same name and version again replaces it.

        The file that makes it a package is written last: half of one is none.
        """
        folder = self._root / package.name / package.version
        folder.mkdir(parents=True, exist_ok=True)
        marker = folder / _PACKAGE
        marker.unlink(missing_ok=True)
        write_atomically(folder / _DESCRIPTOR, package.text)
        write_atomically(folder / _SCHEMA, package.schema)
        start = {"command": package.command, "folder": package.folder, "digest": package.digest}
        write_atomically(marker, json.dumps(start).encode())

    def get(self, name: str, version: str | None = None) -> Package:
        """A package; without a version the one onboarded last.

        Raises:
            RanwrightError: ``xapp.not_onboarded``, or ``xapp.altered`` when the files are not
                those that were onboarded.
        """
        markers = [m for m in self._markers() if m.parent.parent.name == name]
        wanted = [m for m in markers if version in (None, m.parent.name)]
        if not wanted:
            raise RanwrightError(
                "xapp.not_onboarded",
                f"{name} {version or ''} is not onboarded.".replace("  ", " "),
                "Onboard it (ranwright xapp onboard).",
            )
        return _load(max(wanted, key=lambda marker: marker.stat().st_mtime_ns).parent)

    def all(self) -> list[Package]:
        """All packages, by name and version."""
        return [_load(marker.parent) for marker in sorted(self._markers())]

    def remove(self, name: str, version: str) -> None:
        """Forget a package."""
        self.get(name, version)
        shutil.rmtree(self._root / name / version)

    def _markers(self) -> list[Path]:
        return list(self._root.glob(f"*/*/{_PACKAGE}"))


def _load(folder: Path) -> Package:
    start = json.loads((folder / _PACKAGE).read_bytes())
    text, schema = (folder / _DESCRIPTOR).read_bytes(), (folder / _SCHEMA).read_bytes()
    package = make_package(text, schema, start["command"], Path(start["folder"]))
    if package.digest != start["digest"]:
        raise altered(str(folder), package.digest)
    return package


def altered(what: str, digest: str) -> RanwrightError:
    """The refusal of files that are not those that were onboarded or deployed."""
    return RanwrightError(
        "xapp.altered",
        f"{what} is not what was onboarded: its digest is {digest}.",
        "Onboard the xApp again.",
    )


def _check_command(command: tuple[str, ...], folder: Path) -> None:
    as_module = command[:1] == ("-m",)
    target = command[as_module] if len(command) > as_module else ""
    if not target or target.startswith("-"):
        raise _bad_command(f"{' '.join(command)!r} names neither -m MODULE nor a script")
    if not folder.is_dir():
        raise _bad_command(f"there is no folder {folder}")
    if not as_module and not (folder / target).is_file():
        raise _bad_command(f"there is no script {folder / target}")


def _check_schema(schema: bytes) -> None:
    fault = f"it is over {MAX_DESCRIPTOR_BYTES} bytes"
    if len(schema) <= MAX_DESCRIPTOR_BYTES:
        try:
            found = fault_of_schema(json.loads(schema))
        except (ValueError, RecursionError) as error:
            found = f"it is not JSON: {error}"
        if found is None:
            return
        fault = found
    raise RanwrightError(
        "xapp.bad_schema",
        f"The schema of the controls is none: {fault}.",
        "Give a JSON schema (draft 7), or none.",
        ExitCode.USAGE,
    )


def _bad_command(what: str) -> RanwrightError:
    return RanwrightError(
        "xapp.bad_command",
        f"The xApp cannot be started: {what}.",
        "Give -m MODULE or the file of a script, and the folder to run it in.",
        ExitCode.USAGE,
    )
