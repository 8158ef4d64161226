"""Lets ``ricxappframe`` import itself where its C libraries are missing.

Its modules load them by ``ctypes.CDLL(name)`` when they are imported. Those modules are imported
here, as they are, with a ``CDLL`` that gives the real library where it loads and ours where not.
"""

import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from contracts.errors import ExitCode, RanwrightError
from xapps.platform.standin import e2aplib, rmrclib

RMR_LIBRARY = "librmr_si.so"
E2AP_LIBRARY = "libriclibe2ap.so"


class Library:
    """A loaded library: its functions are its attributes.

    Args:
        name: file name of the library it stands for.
        functions: its functions by name.
    """

    def __init__(self, name: str, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._name = name
        self._functions = functions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            return self._functions[name]
        except KeyError:
            raise AttributeError(f"{self._name}: undefined symbol: {name}") from None


_LIBRARIES = {
    RMR_LIBRARY: (
        "ricxappframe.rmr.rmrclib.rmrclib",
        "rmr_c_lib",
        Library(RMR_LIBRARY, rmrclib.FUNCTIONS),
    ),
    E2AP_LIBRARY: (
        "ricxappframe.e2ap.asn1clib.asn1clib",
        "asn1_c_lib",
        Library(E2AP_LIBRARY, e2aplib.FUNCTIONS),
    ),
}


def install() -> Mapping[str, bool]:
    """Import what loads the C libraries; call it before anything imports ``ricxappframe``.

    Returns:
        By library whether our stand-in serves (``True``) or the real library (``False``).

    Raises:
        RanwrightError: ``standin.no_framework`` when ``ricxappframe`` is not installed.
    """
    stands_in = {}
    with _stand_ins_loadable():
        for name, (module_name, attribute, library) in _LIBRARIES.items():
            try:
                module = importlib.import_module(module_name)
            except ModuleNotFoundError as error:
                raise RanwrightError(
                    "standin.no_framework",
                    f"{error.name} is not installed in {sys.prefix}.",
                    "Install ranwright with the extra `ric`, or ricxappframe itself.",
                    ExitCode.USAGE,
                ) from error
            stands_in[name] = getattr(module, attribute) is library
    return stands_in


@contextmanager
def _stand_ins_loadable() -> Iterator[None]:
    real: Any = ctypes.CDLL

    def load(name: str, *args: Any, **options: Any) -> Any:
        try:
            return real(name, *args, **options)
        except OSError:
            if name not in _LIBRARIES:
                raise
            return _LIBRARIES[name][2]

    ctypes.CDLL = load  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        ctypes.CDLL = real  # type: ignore[misc]
