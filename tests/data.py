"""Reference data that may not be committed; see its README for sources and licences."""

import os
from pathlib import Path

import pytest


def reference_data(name: str) -> Path:
    """A file of the reference data; skips the test where it is not at hand."""
    folder = Path(os.environ.get("RANWRIGHT_DATA", "../shared/data"))
    if not (folder / name).exists():
        pytest.skip(f"{name} is not in {folder}; set RANWRIGHT_DATA")
    return folder / name
