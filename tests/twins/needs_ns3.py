"""Where ns-3 and a compiler are missing, tests of the real program are skipped and say so."""

import shutil
from pathlib import Path

import pytest

from contracts.errors import RanwrightError
from twins.ns3.build import Ns3Settings, build, find_wheel


def built_program() -> Path:
    """The program. One that does not compile fails the test: only what is missing is skipped."""
    settings = Ns3Settings()
    try:
        find_wheel(settings)
    except RanwrightError as error:
        pytest.skip(f"needs ns-3: {error.message} {error.remedy}")
    if shutil.which(settings.compiler) is None:
        pytest.skip(f"needs {settings.compiler}, a C++ compiler")
    return build(settings)
