"""What a plant keeps over restarts: its configurations, and when its time began."""

import threading
import time
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError

from contracts.canonical import Contract, Digest
from contracts.errors import ExitCode, RanwrightError
from contracts.files import write_atomically
from twins.plant.plant import Configuration

_CONFIGURATIONS_KEPT = 16


class PlantState(Contract):
    """The plant's memory.

    ``anchor_wall_ms`` and ``anchor_kpm_ms`` are one moment on both time axes; KPM time runs on from
    there at the pace factor, also while the process is down. ``configurations`` are the latest,
    oldest first; the last one is in force.
    """

    scenario_digest: Digest
    seed: int
    life: str = Field(pattern=r"^[0-9a-f]{8}$", description="drawn when the plant begins")
    anchor_wall_ms: int
    anchor_kpm_ms: int = Field(ge=0)
    pace_factor: float = Field(gt=0)
    configurations: tuple[Configuration, ...] = Field(min_length=1)

    @property
    def configuration(self) -> Configuration:
        """The configuration in force."""
        return self.configurations[-1]

    def in_force_at(self, kpm_time_ms: int) -> Configuration:
        """The configuration that was in force at a KPM time."""
        past = [c for c in self.configurations if c.since_ms <= kpm_time_ms]
        return past[-1] if past else self.configurations[0]

    def followed_by(self, configuration: Configuration) -> Self:
        """The state with another configuration in force."""
        kept = (*self.configurations, configuration)[-_CONFIGURATIONS_KEPT:]
        return self.model_copy(update={"configurations": kept})

    def anchored(self, pace_factor: float, wall_ms: int) -> Self:
        """The state with its anchor moved to now, which lets the pace factor change.

        KPM time never runs back, even if the wall clock was set back.
        """
        passed_ms = int((wall_ms - self.anchor_wall_ms) * self.pace_factor)
        now_ms = max(self.anchor_kpm_ms + passed_ms, self.configuration.since_ms)
        return self.model_copy(
            update={
                "anchor_wall_ms": wall_ms,
                "anchor_kpm_ms": now_ms,
                "pace_factor": pace_factor,
            }
        )


class PlantTime:
    """KPM time of a running plant; steady even if the wall clock is set."""

    def __init__(self, state: PlantState) -> None:
        self._start_ms = state.anchor_kpm_ms
        self._pace_factor = state.pace_factor
        self._started_s = time.monotonic()

    def now_ms(self) -> int:
        """KPM time in whole milliseconds."""
        return int(self._start_ms + self._passed_s() * 1000.0 * self._pace_factor)

    def stopped_before(self, kpm_time_ms: int, stop: threading.Event) -> bool:
        """Wait until a KPM time has come; true when ``stop`` was set first."""
        while (missing_ms := kpm_time_ms - self.now_ms()) > 0:
            if stop.wait(missing_ms / 1000.0 / self._pace_factor):
                return True
        return stop.is_set()

    def _passed_s(self) -> float:
        return time.monotonic() - self._started_s


def load_state(path: Path, scenario_digest: Digest, seed: int) -> PlantState | None:
    """The state kept in a file; ``None`` before the first start.

    Raises:
        RanwrightError: ``plant.state_malformed``, or ``plant.other_plant`` when the file belongs to
            another scenario or seed.
    """
    remedy = f"Restore {path}, or remove it to begin with a fresh plant."
    try:
        state = PlantState.parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RanwrightError(
            "plant.state_malformed", f"{path}: {error}", remedy, ExitCode.DEFECT
        ) from error
    if (state.scenario_digest, state.seed) != (scenario_digest, seed):
        raise RanwrightError(
            "plant.other_plant",
            "The kept state belongs to another scenario or plant seed.",
            remedy,
            ExitCode.USAGE,
        )
    return state


def save_state(path: Path, state: PlantState) -> None:
    """Keep a state; the file holds either the old or the new one."""
    write_atomically(path, state.canonical())
