"""Guard before Sionna RT: an LLVM that is too old ends the process, which nobody can catch."""

import subprocess
import sys

from contracts.errors import RanwrightError

_PROBE = """
import drjit, mitsuba
mitsuba.set_variant("llvm_ad_mono_polarized")
x = drjit.maximum(mitsuba.Float([1.0, 2.0]), 1.5)
assert float(drjit.sum(x)[0]) == 3.5
"""


def require_llvm(timeout_s: float = 120.0) -> None:
    """Compile one kernel in another process; it aborts there and not here.

    Raises:
        RanwrightError: ``twin.llvm_missing`` unless LLVM >= 19 works.
    """
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, timeout=timeout_s, check=False
        )
        works = probe.returncode == 0
    except subprocess.TimeoutExpired:
        works = False
    if not works:
        raise RanwrightError(
            "twin.llvm_missing",
            "Ray tracing needs LLVM 19 or newer, and no such LLVM works here.",
            "On Debian: apt-get install libllvm19. Elsewhere install LLVM and point"
            " DRJIT_LIBLLVM_PATH to its libLLVM. The built-in scenarios run without it.",
        )
