"""The machine that a benchmark ran on."""

import os
from pathlib import Path

from twins.runtime import fingerprint


def machine() -> dict[str, object]:
    """Processor, cores, present load and versions."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else "unknown",
        "cores": os.cpu_count() or 0,
        "load_average_1min": round(os.getloadavg()[0], 2),
        "runtime": dict(fingerprint()),
    }
