"""A process that answers on a socket and outlives the command that starts it."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from contracts.errors import ExitCode, RanwrightError

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
"""An xApp may take 15 s to end, and is then killed."""
_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes started here by their id, so that they are reaped when they end."""


class NotYetError(RanwrightError):
    """What is waited for has not come; raised when it does not come at all."""


@dataclass(frozen=True, slots=True)
class Daemon:
    """One such process, or the place where it will be.

    Args:
        title: for messages, e.g. "The RIC of /some/folder".
        lock: file that it holds locked for as long as it lives.
        log: takes what it prints.
        pid: its process id as it answers, ``None`` where it does not.
    """

    title: str
    lock: Path
    log: Path
    pid: Callable[[], int | None]

    def start(self, arguments: Sequence[str]) -> bool:
        """Start Python with arguments and wait until it answers; false where it did before.

        Raises:
            RanwrightError: ``process.did_not_start`` with the end of its log.
        """
        if self.pid() is not None:
            return False
        self.await_answer(self.spawn(arguments))
        return True

    def spawn(self, arguments: Sequence[str]) -> Callable[[], str | None]:
        """Start Python with arguments.

        Returns:
            How it ended, if it has.
        """
        with self.log.open("ab") as log:
            # -P: a folder of the user's that is called as a package of ours stays out of its way
            child = subprocess.Popen(
                [sys.executable, "-P", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for known in [pid for pid, process in _children.items() if process.poll() is not None]:
            del _children[known]  # it was killed, and is reaped now
        _children[child.pid] = child
        return lambda: None if child.poll() is None else f"it ended with {child.returncode}"

    def await_answer(self, ended: Callable[[], str | None]) -> None:
        """Wait until it answers.

        Args:
            ended: how it ended, if it has.

        Raises:
            RanwrightError: ``process.did_not_start`` with the end of its log.
        """
        for attempt in waiting(START_TIMEOUT_S):
            with attempt:
                if (how := ended()) is not None:
                    raise self._did_not_start(how, RanwrightError)
                if self.pid() is None:
                    raise self._did_not_start(f"no answer in {START_TIMEOUT_S:g} s", NotYetError)

    def stop(self) -> bool:
        """Ask it to end, and wait until it has; false where it does not answer.

        Raises:
            RanwrightError: ``process.did_not_stop``.
        """
        running = self.ask_to_end()
        self.await_end(running)
        return running is not None

    def ask_to_end(self) -> int | None:
        """Send SIGTERM; its process id, ``None`` where it does not answer."""
        running = self.pid()
        if running is not None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(running, signal.SIGTERM)
        return running

    def await_end(self, running: int | None) -> None:
        """Wait until it has ended, where it was asked to.

        Raises:
            RanwrightError: ``process.did_not_stop``.
        """
        if running is None:
            return
        for attempt in waiting(STOP_TIMEOUT_S):
            with attempt:
                if _is_held(self.lock):
                    raise NotYetError(
                        "process.did_not_stop",
                        f"{self.title} does not end.",
                        f"Read {self.log}.",
                        ExitCode.DEFECT,
                    )
        if (child := _children.pop(running, None)) is not None:
            child.wait(STOP_TIMEOUT_S)

    def _did_not_start(self, how: str, kind: type[RanwrightError]) -> RanwrightError:
        printed = self.log.read_text(errors="replace") if self.log.exists() else ""
        tail = printed.strip().splitlines()[-1:]
        return kind(
            "process.did_not_start",
            f"{self.title} did not start: {how}. {' '.join(tail)}",
            f"Read {self.log}.",
            ExitCode.DEFECT,
        )


def waiting(timeout_s: float) -> Retrying:
    """Attempts until one raises no :class:`NotYetError`; the last one's is raised."""
    return Retrying(
        retry=retry_if_exception_type(NotYetError),
        stop=stop_after_delay(timeout_s),
        wait=wait_fixed(0.05),
        reraise=True,
    )


def _is_held(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
