"""The command line on a RIC of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from agents.cli.main import app


class Command:
    """The command in this process, but for errors: those are what the real process prints."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"RANWRIGHT_RIC": str(folder), "PYTHONPATH": ":".join(sys.path)}

    def __call__(self, *arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments), env=self.environment)
        assert done.exit_code == 0, done.output
        return done.output

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))

    def refused(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "agents.cli.main", *arguments, "--json"],
            env=os.environ | self.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)["error"]
