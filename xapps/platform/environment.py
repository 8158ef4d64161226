"""The environment that an xApp finds (facts: ric.md section 4.2)."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xapps
from xapps.platform.descriptor import Descriptor
from xapps.platform.names import PLATFORM_NAMESPACE, XAPP_NAMESPACE
from xapps.platform.resolver import SERVICE_MAP_VARIABLE

CONTROL_PORT = 4561
"""Where an xApp takes its route table, at its own address."""

# Everything else of the core's environment stays with the core: it may hold secrets.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Platform:
    """Where the platform is.

    Args:
        sdl_port: SDL on 127.0.0.1.
        rmr: ``host:port`` of the core's RMR endpoint, the alarm manager included.
        route_manager: ``host:port`` that answers requests for route tables.
        names: service names and what they stand for.
    """

    sdl_port: int
    rmr: str
    route_manager: str
    names: Mapping[str, str]


def xapp_environment(
    descriptor: Descriptor, address: str, config_file: Path, platform: Platform
) -> dict[str, str]:
    """Variables of an xApp's process.

    Args:
        descriptor: of the xApp.
        address: its loopback address.
        config_file: the descriptor as it is in force.
        platform: where the platform is.
    """
    alarm_host, _, alarm_port = platform.rmr.rpartition(":")
    service = f"SERVICE_{XAPP_NAMESPACE}_{descriptor.name}".upper().replace("-", "_")
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {
        "CONFIG_FILE": str(config_file),
        "HOSTNAME": descriptor.name,
        f"{service}_HTTP_PORT": f"tcp://{address}:{descriptor.http_port}",
        f"{service}_RMR_PORT": f"tcp://{address}:{descriptor.rmr_port}",
        "PLT_NAMESPACE": PLATFORM_NAMESPACE,
        "DBAAS_SERVICE_HOST": "127.0.0.1",
        "DBAAS_SERVICE_PORT": str(platform.sdl_port),
        "ALARM_MGR_SERVICE_NAME": alarm_host,
        "ALARM_MGR_SERVICE_PORT": alarm_port,
        "RMR_BIND_IF": address,
        "RMR_SRC_ID": address,
        "RMR_CTL_PORT": str(CONTROL_PORT),
        "RMR_RTG_SVC": platform.route_manager,
        "RMR_RTREQ_FREQ": "1",
        SERVICE_MAP_VARIABLE: json.dumps(dict(platform.names)),
        "PYTHONPATH": os.pathsep.join(_python_path()),
        "PYTHONUNBUFFERED": "1",
    }


def _python_path() -> list[str]:
    own = str(Path(xapps.__file__).resolve().parents[1])
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [own, *(path for path in inherited if path and path != own)]
