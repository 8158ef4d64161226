"""The ns-3 program as a sub-process: a command a line, and a line of JSON for an answer."""

import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import Field, TypeAdapter, ValidationError

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError

_CLOSE_TIMEOUT_S = 10.0


class UeSample(Contract):
    """What ns-3 measured of one UE in a period.

    Attributes:
        serving: index of the cell it is connected to; -1 when it is connected to none.
        ip_bytes: bytes of IP packets that arrived.
        active_ms: transmission time intervals with data waiting at the cell.
        sinr_db: mean over the period; ``None`` without any sample.
        rsrp_dbm: latest layer 1 average of each cell; ``None`` for one never heard.
    """

    serving: int = Field(ge=-1)
    ip_bytes: int = Field(ge=0)
    active_ms: int = Field(ge=0)
    sinr_db: float | None
    rsrp_dbm: tuple[float | None, ...]


class CellSample(Contract):
    """Share of a cell's downlink resource blocks that were granted in a period, 0..1."""

    prb_usage: float = Field(ge=0)


class Sample(Contract):
    """One period: UEs and cells by index, and handovers completed as (UE, new cell)."""

    time_ms: int = Field(ge=0)
    ues: tuple[UeSample, ...]
    cells: tuple[CellSample, ...]
    handovers: tuple[tuple[int, int], ...]


class _Refusal(Contract):
    error: str


class _Done(Contract):
    ok: bool


_ANSWER: TypeAdapter[Sample | _Done | _Refusal] = TypeAdapter(Sample | _Done | _Refusal)


def parse_answer(line: str) -> Sample | None:
    """An answer's sample; ``None`` when the command has none.

    Raises:
        RanwrightError: ``ns3.refused`` when the program refused the command, or
            ``ns3.malformed_answer``.
    """
    try:
        answer = _ANSWER.validate_json(line)
    except ValidationError as error:
        raise RanwrightError(
            "ns3.malformed_answer",
            f"ns-3 answered {line[:200]!r}.",
            "Check that program and package are of one release.",
            ExitCode.DEFECT,
        ) from error
    if isinstance(answer, _Refusal):
        raise RanwrightError(
            "ns3.refused", f"ns-3 refused the command: {answer.error}.", "Correct the command."
        )
    return answer if isinstance(answer, Sample) else None


class Ns3Process:
    """One run of the program; end it with :meth:`close` or ``with``.

    Args:
        program: as :func:`twins.ns3.build.build` made it.
        commands: obeyed at once, in order.

    Raises:
        RanwrightError: as :meth:`command`.
    """

    def __init__(self, program: Path, commands: Iterable[str] = ()) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            for command in commands:
                self.command(command)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def command(self, line: str) -> Sample | None:
        """Send a command and wait for its answer.

        Raises:
            RanwrightError: ``ns3.died``, or as :func:`parse_answer`.
        """
        stdin, stdout = self._pipes()
        try:
            stdin.write(line + "\n")
            stdin.flush()
            answer = stdout.readline()
        except (BrokenPipeError, ValueError) as error:
            raise self._died() from error
        if not answer.endswith("\n"):
            raise self._died()
        return parse_answer(answer)

    def run(self, duration_ms: int) -> Sample:
        """Let simulated time pass, and return what was measured in it.

        Raises:
            RanwrightError: as :meth:`command`.
        """
        sample = self.command(f"run {duration_ms}")
        if sample is None:
            raise RanwrightError(
                "ns3.malformed_answer",
                "ns-3 measured nothing.",
                "Check that program and package are of one release.",
                ExitCode.DEFECT,
            )
        return sample

    def close(self) -> None:
        """End the program; a second call does nothing."""
        stdin, stdout = self._pipes()
        with suppress(BrokenPipeError):  # it may be gone already
            stdin.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pipes(self) -> tuple[Any, Any]:
        return self._process.stdin, self._process.stdout

    def _died(self) -> RanwrightError:
        ended = self._process.wait(_CLOSE_TIMEOUT_S)
        last = b""
        if not self._errors.closed:
            self._errors.seek(0)
            last = b"\n".join(self._errors.read().splitlines()[-3:])
        return RanwrightError(
            "ns3.died",
            f"ns-3 ended with {ended}. {last.decode(errors='replace')}".strip(),
            "Start the plant again; it begins a new life.",
            ExitCode.DEFECT,
        )
