"""Compiling the C++ program against the ns-3 of a Python environment, once for each pair."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.canonical import digest_bytes
from contracts.errors import ExitCode, RanwrightError

_SOURCES = Path(__file__).parent
_FLAGS = ("-O2", "-std=c++20", "-Wl,--allow-shlib-undefined")
_MODULES = (
    "antenna",
    "applications",
    "buildings",
    "core",
    "internet",
    "lte",
    "mobility",
    "network",
    "point-to-point",
    "propagation",
    "spectrum",
    "stats",
)
_ASK_VERSION = (
    "import importlib.metadata as m, json; d = m.distribution('ns3'); "
    "print(json.dumps([d.version, str(d.locate_file('ns3'))]))"
)


class Ns3Settings(BaseSettings):
    """Where ns-3 is, from the environment (``RANWRIGHT_NS3_PYTHON`` and so on)."""

    model_config = SettingsConfigDict(env_prefix="RANWRIGHT_NS3_", frozen=True)

    python: Path = Field(
        default=Path(sys.executable), description="interpreter whose packages hold the ns3 wheel"
    )
    compiler: str = Field(default="g++", description="a C++20 compiler")
    cache: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("ranwright") / "ns3",
        description="folder of compiled programs",
    )


@dataclass(frozen=True)
class Ns3Wheel:
    """An installed ns3 wheel: headers and libraries."""

    version: str
    folder: Path

    @property
    def libraries(self) -> Path:
        """Folder of the shared libraries."""
        return self.folder / "lib64"

    def link_flags(self) -> list[str]:
        """What the linker needs; library names carry the release, such as ``ns3.44-lte``.

        Raises:
            RanwrightError: ``ns3.not_installed`` when the wheel holds no libraries.
        """
        core = next(self.libraries.glob("libns3*-core.so"), None)
        if core is None:
            raise _not_installed(f"There are no ns-3 libraries in {self.libraries}.")
        prefix = core.stem.removeprefix("lib").removesuffix("core")
        names = [f"-l{prefix}{module}" for module in _MODULES]
        return [f"-L{self.libraries}", f"-Wl,-rpath,{self.libraries}", *names]


def find_wheel(settings: Ns3Settings) -> Ns3Wheel:
    """The ns3 wheel of an interpreter, which is asked without importing ns-3.

    Raises:
        RanwrightError: ``ns3.not_installed``.
    """
    try:
        asked = subprocess.run(
            [str(settings.python), "-c", _ASK_VERSION], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise _not_installed(f"{settings.python} has no package ns3.") from error
    version, folder = json.loads(asked.stdout)
    return Ns3Wheel(version, Path(folder))


def build(settings: Ns3Settings | None = None) -> Path:
    """The program, compiled (about 15 s) unless it was from the same source, wheel and compiler.

    Raises:
        RanwrightError: ``ns3.not_installed`` or ``ns3.compile_failed``.
    """
    settings = settings or Ns3Settings()
    wheel = find_wheel(settings)
    flags = [*_FLAGS, f"-I{wheel.folder / 'include'}"]
    source, links = _SOURCES / "lte_plant.cc", wheel.link_flags()
    program = settings.cache / _digest(settings.compiler, wheel.version, *flags, *links)
    if program.exists():
        return program
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.cache) as folder:
        made = Path(folder) / program.name
        command = [settings.compiler, *flags, str(source), "-o", str(made), *links]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True)
        except OSError as error:
            raise _compile_failed(f"{settings.compiler} cannot be run: {error}") from error
        except subprocess.CalledProcessError as error:
            raise _compile_failed(error.stderr.strip()[-2000:]) from error
        made.replace(program)
    return program


def _digest(*words: str) -> str:
    parts = [path.read_bytes() for path in sorted(_SOURCES.glob("*.h"))]
    parts += [(_SOURCES / "lte_plant.cc").read_bytes(), *(word.encode() for word in words)]
    return "lte_plant-" + digest_bytes(b"\0".join(parts)).removeprefix("sha256:")[:32]


def _not_installed(message: str) -> RanwrightError:
    return RanwrightError(
        "ns3.not_installed",
        message,
        "Install the extra (pip install 'ranwright[ns3]'), or name an interpreter that has it in "
        "RANWRIGHT_NS3_PYTHON.",
        ExitCode.USAGE,
    )


def _compile_failed(message: str) -> RanwrightError:
    return RanwrightError(
        "ns3.compile_failed",
        message,
        "Install a C++20 compiler (Debian: g++), or name one in RANWRIGHT_NS3_COMPILER.",
        ExitCode.DEFECT,
    )
