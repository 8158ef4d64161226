"""Making a site: keys, policy, and the scenario it plays."""

from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from pydantic import Field, ValidationError

from contracts.canonical import Contract
from contracts.errors import ExitCode, RanwrightError
from contracts.files import write_atomically
from contracts.keys import init_keys
from contracts.policy import Policy, load_policy
from contracts.site import Site
from twins.scenario import load_scenario


class PlantKind(StrEnum):
    """What simulates the plant."""

    flow = "flow"
    ns3 = "ns3"


class SiteConfig(Contract):
    """What a site plays: the scenario of the twin, and the plant behind the actuator."""

    scenario: str
    plant: PlantKind = PlantKind.flow
    plant_seed: int = Field(ge=0)
    pace_factor: float = Field(gt=0, description="KPM seconds per wall second; flow only")


def ensure_site(site: Site, wanted: SiteConfig) -> SiteConfig:
    """Make a site that does not exist yet; an existing one keeps its keys, policy and ledger.

    Raises:
        RanwrightError: ``site.other_scenario`` when the folder belongs to another scenario,
            ``policy.missing`` when no policy ships for a new site's scenario.
    """
    path = _config_path(site)
    if path.exists():
        return _require_same(read_config(site), wanted, site)
    name = load_scenario(wanted.scenario).name
    site.create()
    if not site.trust.exists():
        init_keys(site)
    if not site.policy.exists():
        write_atomically(site.policy, _shipped_policy(name).read_bytes())
    write_atomically(path, wanted.canonical())
    return wanted


def read_config(site: Site) -> SiteConfig:
    """The configuration of an existing site.

    Raises:
        RanwrightError: ``site.missing`` or ``site.malformed``.
    """
    try:
        return SiteConfig.parse(_config_path(site).read_bytes())
    except FileNotFoundError as error:
        raise RanwrightError(
            "site.missing",
            f"There is no site at {site.root}.",
            "Run an intent first, or name the folder with --site.",
            ExitCode.USAGE,
        ) from error
    except ValidationError as error:
        raise RanwrightError(
            "site.malformed", f"{_config_path(site)}: {error}", "Restore the file."
        ) from error


def policy_of(site: Site, scenario: str) -> Policy:
    """The site's policy, or the one that a new site of the scenario would get.

    Raises:
        RanwrightError: ``policy.missing`` or ``policy.malformed``.
    """
    return load_policy(site.policy if site.policy.exists() else _shipped_policy(scenario))


def _require_same(existing: SiteConfig, wanted: SiteConfig, site: Site) -> SiteConfig:
    if existing.scenario != wanted.scenario:
        raise RanwrightError(
            "site.other_scenario",
            f"{site.root} plays {existing.scenario}, not {wanted.scenario}.",
            "Name another folder with --site.",
            ExitCode.USAGE,
        )
    return existing


def _shipped_policy(scenario: str) -> Path:
    path = Path(str(files("agents"))) / "service" / "policies" / f"{scenario}.yaml"
    if not path.is_file():
        raise RanwrightError(
            "policy.missing",
            f"No policy ships for scenario {scenario}.",
            "Write policy.yaml into the site's folder first.",
        )
    return path


def _config_path(site: Site) -> Path:
    return site.root / "site.json"
