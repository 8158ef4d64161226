"""The progress display of a run: one line a stage, on standard error."""

from types import TracebackType

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from agents.cli.output import stderr
from agents.graph import STAGES

_SAYS = {
    "parse": "reading the sentence",
    "observe": "taking a snapshot of the network",
    "ground": "looking up the rules",
    "formulate": "formulating the problem",
    "solve": "solving",
    "propose": "measuring what promises leave",
    "verify": "proving it on the twin",
    "approve": "approving",
    "certify": "signing the certificate",
    "act": "acting, and watching the effect",
    "conclude": "concluding",
}


class Events:
    """Shows stages as they begin, advance and end; silent when it is disabled."""

    def __init__(self, enabled: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}[/]"),
            console=stderr,
            disable=not enabled,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Events":
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, stage: str, share: float, detail: str) -> None:
        """A stage is ``share`` done; at 1 it ends and the next one begins."""
        self._show(stage, share, detail)
        if share >= 1.0 and stage in STAGES[:-1]:
            self._show(STAGES[STAGES.index(stage) + 1], 0.0, "")

    def begin(self, stage: str, description: str) -> None:
        """A stage outside the graph, such as starting the processes."""
        self._tasks[stage] = self._progress.add_task(description, total=1.0, detail="")

    def end(self, stage: str) -> None:
        """Such a stage is over."""
        self._progress.update(self._tasks[stage], completed=1.0)

    def pause(self) -> None:
        """Leave the terminal to a question or the answer."""
        self._progress.stop()

    def _show(self, stage: str, share: float, detail: str) -> None:
        if stage not in _SAYS:
            return
        if stage not in self._tasks:
            self.begin(stage, _SAYS[stage])
        self._progress.update(self._tasks[stage], completed=share, detail=detail)
