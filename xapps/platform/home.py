"""The folder of an embedded RIC: its data, its xApps, their logs, its socket."""

import hashlib
import tempfile
from pathlib import Path

from contracts.errors import ExitCode, RanwrightError
from contracts.site import Site


class RicHome:
    """Paths below one folder; what it holds outlives the core."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @property
    def sdl(self) -> Path:
        """SQLite file of the shared data layer."""
        return self.root / "sdl.sqlite"

    @property
    def ports(self) -> Path:
        """Ports of the services: the same after a restart, because running xApps know them."""
        return self.root / "ports.json"

    @property
    def packages(self) -> Path:
        """Onboarded xApps, a folder a name and version."""
        return self.root / "packages"

    @property
    def instances(self) -> Path:
        """Deployed xApps, a folder a name."""
        return self.root / "instances"

    @property
    def deployments(self) -> Path:
        """SQLite file of the certified deployments of a site's RIC."""
        return self.root / "deployments.sqlite"

    @property
    def logs(self) -> Path:
        """Logs of the core and of every xApp."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """File that the core holds locked."""
        return self.root / "core.lock"

    @property
    def runtime(self) -> Path:
        """Folder of the socket, private to the user, short enough for a Unix socket path."""
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ranwright-{name}"

    @property
    def socket(self) -> Path:
        """Unix socket of the core, for lifecycle commands."""
        return self.runtime / "ric.sock"

    def log(self, name: str) -> Path:
        """Log of the core (``core``) or of an xApp."""
        return self.logs / f"{name}.log"

    def site(self) -> Site | None:
        """The site that this RIC belongs to, by where its folder lies; ``None``: stand-alone."""
        site = Site(self.root.parent)
        return site if site.ric == self.root and site.trust.exists() else None

    def require_place(self, site: Site | None) -> None:
        """Refuse to run a site's RIC as a stand-alone one, or the other way round.

        Raises:
            RanwrightError: ``ric.other_place``.
        """
        if (site is None) != (self.site() is None):
            what = "has no site" if site is not None else f"belongs to the site {self.root.parent}"
            raise RanwrightError(
                "ric.other_place",
                f"{self.root} {what}.",
                "Start a site's RIC with its site (ranwright up); a stand-alone one elsewhere.",
                ExitCode.USAGE,
            )

    def create(self) -> None:
        """Make the folders, private to the user."""
        for folder in (self.root, self.packages, self.instances, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
