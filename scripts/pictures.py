"""Makes the documentation's pictures: ``python scripts/pictures.py`` in the repository."""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from agents.cli.render import decision_panel
from contracts.decision import Decision
from twins.curves import calibration_figure

SENTENCE = (
    "Lift the 5th-percentile downlink throughput of cells 1-3 by 20 % without raising total power"
)
IMAGES = Path(__file__).parent.parent / "docs" / "images"


def main() -> None:
    """Draw the calibration; run the headline intent on a new site, draw what a terminal shows."""
    calibration_figure(IMAGES / "calibration.png")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "agents.cli.main", "run", SENTENCE, "--json"]
        ended = subprocess.run(
            [*command, "--site", f"{folder}/site"], capture_output=True, check=True
        )
        decision = Decision.parse(ended.stdout)
        if decision.figure is None:
            raise SystemExit("the run drew no figure")
        shutil.copy(decision.figure, IMAGES / "before-after.png")
    shown = decision.model_copy(update={"figure": Path(decision.figure).name})
    console = Console(record=True, width=116, file=io.StringIO())
    console.print(decision_panel(shown))
    console.save_svg(
        str(IMAGES / "decision.svg"), title='ranwright run "Lift the 5th-percentile …"'
    )


if __name__ == "__main__":
    main()
