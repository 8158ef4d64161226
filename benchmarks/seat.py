"""A RIC core in this process, with a seat for an actuator that a test starts, hurts and kills.

On a site the RIC starts the actuator and keeps it running; here the test does, with the environment
and the way to control that it would have there. All else is a site's: the core is commanded over
its socket, and certificates go over its A1.
"""

from pathlib import Path

import xapps.actuator
from agents.service.a1 import ensure_types
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.e2.transport import E2Address
from contracts.process import private_folder
from contracts.rpc import Server
from contracts.xapp_rules import ACTUATOR
from xapps.platform.addresses import free_address
from xapps.platform.control import control_handlers
from xapps.platform.core import Core, CoreOptions
from xapps.platform.descriptor import read_descriptor
from xapps.platform.environment import CONTROL_PORT, xapp_environment
from xapps.platform.home import RicHome
from xapps.platform.names import xapp_names
from xapps.platform.routing import XappRoutes

LAUNCH = ("-m", "xapps.platform.launch", "-m")
_CONFIG = Path(xapps.actuator.__file__).parent / "config-file.json"


class Seat:
    """A core and what the actuator finds there.

    Args:
        folder: of the RIC.
    """

    def __init__(self, folder: Path) -> None:
        self._home = RicHome(folder)
        self._descriptor = read_descriptor(_CONFIG.read_bytes())
        ports = {self._descriptor.rmr_port, self._descriptor.http_port, CONTROL_PORT}
        self._address = free_address(str(folder), ports, ())
        self._e2_address = E2Address.parse("tcp://127.0.0.1:0")
        self.start()

    def start(self) -> None:
        """Start the core, again where it was closed: everything is where it was."""
        self.core = Core(self._home, CoreOptions(e2_address=self._e2_address))
        self._e2_address = self.core.e2.address
        for name in xapp_names(ACTUATOR):
            self.core.names.set_host(name, self._address)
        taken = self._descriptor.received_types(), self._descriptor.policies
        routes = XappRoutes(self.rmr_address, *taken)
        self.core.routes.set_xapp(ACTUATOR, routes, controls=True)
        private_folder(self._home.runtime)
        self._socket = Server(self._home.socket, control_handlers(self.core))
        self._socket.start()
        ensure_types(self._home)

    @property
    def rmr_address(self) -> str:
        """Where the actuator receives RMR messages."""
        return f"{self._address}:{self._descriptor.rmr_port}"

    def environment(self) -> dict[str, str]:
        """What the actuator finds."""
        platform = self.core._platform()
        return xapp_environment(self._descriptor, self._address, _CONFIG, platform)

    def is_connected(self, node_name: str) -> bool:
        """Whether a plant has set E2 up."""
        return self.core.e2.find(ran_name(gnb_of(node_name))) is not None

    def e2(self) -> tuple[str, str]:
        """The option that tells a plant where E2 is."""
        return "--e2", str(self.core.e2.address)

    def close(self) -> None:
        """Close the core; the actuator is left as it is."""
        self._socket.close()
        self.core.close()
