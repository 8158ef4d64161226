"""A process that outlives who started it: spawned here, or found again after a restart."""

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process of this boot of the machine; a process id alone is used again by others.

    Args:
        pid: its id, which is that of its process group too.
        started: when it started, in clock ticks since boot.
    """

    pid: int
    started: int


class Child:
    """A running process, and the group it leads."""

    def __init__(
        self, identity: Identity, handle: int, popen: subprocess.Popen[bytes] | None
    ) -> None:
        self.identity = identity
        self._handle = handle
        self._popen = popen

    @classmethod
    def spawn(
        cls, command: Sequence[str], folder: str, environment: Mapping[str, str], log: Path
    ) -> "Child":
        """Start a process in a group of its own; what it prints goes to the end of a log.

        Raises:
            OSError: it cannot be started.
        """
        with log.open("ab") as output:
            popen = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        handle = os.pidfd_open(popen.pid)
        return cls(Identity(popen.pid, _started(popen.pid) or 0), handle, popen)

    @classmethod
    def find(cls, identity: Identity) -> "Child | None":
        """The process that an earlier core started, if it still runs."""
        try:
            handle = os.pidfd_open(identity.pid)
        except OSError:
            return None
        child = cls(identity, handle, None)
        if _started(identity.pid) != identity.started or child.wait(0):
            child.close()
            return None
        return child

    @classmethod
    def find_leader(cls, variables: Mapping[str, str]) -> "Child | None":
        """A process of this user that leads its session and was started with these variables."""
        wanted = {f"{name}={value}".encode() for name, value in variables.items()}
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            try:
                if os.getsid(pid) != pid:
                    continue
                found = wanted <= set((folder / "environ").read_bytes().split(b"\0"))
            except OSError:  # another user's, or gone
                continue
            started = _started(pid) if found else None
            if started is not None and (child := cls.find(Identity(pid, started))) is not None:
                return child
        return None

    @property
    def descriptor(self) -> int:
        """Becomes readable when the process has ended."""
        return self._handle

    def wait(self, timeout_s: float) -> bool:
        """Whether the process ends within a time."""
        poller = select.poll()
        poller.register(self._handle, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def exit_status(self) -> int | None:
        """How it ended, once it has; ``None`` where it was not started here."""
        return None if self._popen is None else self._popen.wait()

    def stop(self, grace_s: float) -> None:
        """Ask the group to end, and after a time end it."""
        self._signal(signal.SIGTERM)
        if not self.wait(grace_s):
            self._signal(signal.SIGKILL)
            self.wait(grace_s)
        self._signal(signal.SIGKILL)  # what the xApp itself started

    def close(self) -> None:
        """Let go of the handle; the process is left as it is."""
        os.close(self._handle)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.identity.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def _started(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19])  # field 22 of proc(5); the first two are cut off
