"""A deployed xApp: what is kept of it on disk, and how it fares."""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from contracts.files import write_atomically
from xapps.platform.child import Child, Identity


class State(StrEnum):
    """How an instance fares."""

    STARTING = "starting"
    """Its process runs, and has not said yet that it is well."""
    READY = "ready"
    """It answered the RMR health check with OK."""
    UNHEALTHY = "unhealthy"
    """It answered the health check with an error, or answers no more."""
    BACKING_OFF = "backing off"
    """It ended, and is started again in a while."""
    FAILED = "failed"
    """It ended too often, and is not started again."""
    STOPPED = "stopped"
    """The RIC is going down; it is started again when the RIC is up."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What is kept of a deployed xApp.

    Args:
        name: of the xApp.
        version: of its package.
        digest: of its package.
        address: its loopback address.
        process: its process, while it has one.
    """

    name: str
    version: str
    digest: str
    address: str
    process: Identity | None = None

    def running_as(self, process: Identity | None) -> "Instance":
        """The same with another process."""
        return replace(self, process=process)


@dataclass(frozen=True, slots=True)
class Report:
    """How an instance fares.

    Args:
        instance: which.
        state: how.
        restarts: how often it was started again.
        last_exit: exit status of the process before; negative: the signal that ended it.
    """

    instance: Instance
    state: State
    restarts: int
    last_exit: int | None


class InstanceFolder:
    """Files of one instance: its record, and the configuration in force."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def config_file(self) -> Path:
        """The descriptor in force; the xApp watches it."""
        return self.folder / "config-file.json"

    @property
    def _record(self) -> Path:
        return self.folder / "instance.json"

    def save(self, instance: Instance) -> None:
        """Keep the record."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._record, json.dumps(asdict(instance)).encode())

    def load(self) -> Instance | None:
        """The record, if there is one."""
        if not self._record.exists():
            return None
        fields = json.loads(self._record.read_bytes())
        process = fields.pop("process")
        return Instance(**fields, process=Identity(**process) if process else None)

    def forget(self) -> None:
        """Remove the record first, then the rest (a killed core may have left more in it)."""
        self._record.unlink(missing_ok=True)
        shutil.rmtree(self.folder)

    def find_process(self, recorded: Identity | None) -> Child | None:
        """The xApp's process that an earlier core started, if it still runs.

        A core may be killed after it started a process and before it kept its id; the process is
        known by its configuration file then.
        """
        child = None if recorded is None else Child.find(recorded)
        return child or Child.find_leader({"CONFIG_FILE": str(self.config_file)})

    def configure(self, text: bytes) -> None:
        """Change the configuration in place, in one write.

        The framework watches the file itself, not its name, and reads it at every write: a new
        file would go unseen, and a shortened one be read in halves. So blanks fill the rest.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.config_file.exists() and self.config_file.read_bytes().rstrip(b" ") == text:
            return  # a write would be read again
        size = self.config_file.stat().st_size if self.config_file.exists() else 0
        with self.config_file.open("r+b" if size else "wb", buffering=0) as file:
            file.write(text.ljust(size))
