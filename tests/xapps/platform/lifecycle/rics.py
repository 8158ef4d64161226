"""A RIC core as a process of its own, asked as the command line asks it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import redis

from contracts.errors import RanwrightError
from contracts.rpc import Client
from tests.xapps.platform.waits import wait_until
from xapps.platform.home import RicHome

SAMPLE = Path(__file__).parent / "sample"


class RicProcess:
    def __init__(self, folder: Path) -> None:
        self.home = RicHome(folder)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        self.home.create()
        command = [sys.executable, "-m", "xapps.platform", "--home", str(self.home.root), *options]
        with self.home.log("core").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.home.log("core").read_text()
        try:
            return bool(self.ask("ping"))
        except RanwrightError as error:
            if error.code != "rpc.unreachable":
                raise
            return False

    def ask(self, method: str, **params: Any) -> Any:
        with Client(self.home.socket, timeout_s=60) as client:
            return client.call(method, params)

    def onboard(self, **changes: Any) -> dict[str, Any]:
        wanted = {
            "descriptor": (SAMPLE / "config-file.json").read_text(),
            "schema_text": (SAMPLE / "schema.json").read_text(),
            "command": ["hello.py"],
            "folder": str(SAMPLE),
        }
        return self.ask("onboard", **wanted | changes)

    def instance(self) -> dict[str, Any]:
        (report,) = self.ask("instances")
        return report

    def is_ready(self) -> bool:
        return self.instance()["state"] == "ready"

    def web(self, service: str) -> httpx.Client:
        address = self.ask("status")["services"][service]
        return httpx.Client(base_url=f"http://{address}", timeout=10)

    def redis(self) -> redis.Redis:
        host, _, port = self.ask("status")["services"]["sdl"].partition(":")
        return redis.Redis(host=host, port=int(port))

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(60)
            self.process = None


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
