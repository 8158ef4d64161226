"""What a benchmark's figures depend on: the machine, and the code."""

import os
import platform
import subprocess
from pathlib import Path

from twins.runtime import fingerprint


def machine() -> dict[str, object]:
    """Processor, cores, present load and versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count() or 0,
        "load_average_1min": round(os.getloadavg()[0], 2),
        "runtime": dict(fingerprint()),
    }


def code() -> str:
    """The commit, and whether the files differ from it."""
    command = ("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
