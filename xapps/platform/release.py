"""What Ranwright ships for a site's RIC: packages whose digests are computed, never believed."""

from importlib.resources import files
from pathlib import Path

from contracts.site import Site
from contracts.xapp_rules import ACTUATOR
from xapps.platform.packages import Package, make_package


def actuator_package(site: Site) -> Package:
    """The actuator of this release, for a site."""
    folder = Path(str(files("xapps"))) / "actuator"
    return make_package(
        (folder / "config-file.json").read_bytes(),
        (folder / "schema.json").read_bytes(),
        ["-m", "xapps.actuator", "--site", str(site.root)],
        folder,
    )


def release_digest(name: str, site: Site) -> str | None:
    """Digest of this release's package of an xApp; ``None``: none ships."""
    return actuator_package(site).digest if name == ACTUATOR else None
