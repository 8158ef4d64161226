"""A small site with real processes: two sites of the uma scenario under the shipped guard-rails."""

from importlib.resources import files
from pathlib import Path
from typing import Self

import yaml

from agents.reader import GrammarReader
from agents.service import processes
from agents.service.service import Caller, Service
from agents.service.site_setup import PlantKind, SiteConfig, ensure_site
from contracts.decision import Decision
from contracts.ledger.reader import LedgerReader
from contracts.plant_link import NodeInfo
from contracts.record import Record, RecordKind
from contracts.rpc import Client
from contracts.site import Site

PACE_FACTOR = 200.0
SAVE_ENERGY = "Cut energy use of all cells by 3 %"


class Town:
    """A site of its own folder, its processes, and the service on it; runs inside ``with``."""

    plant_kind = PlantKind.flow

    def __init__(self, folder: Path) -> None:
        scenario = folder / "town.yaml"
        scenario.write_text(yaml.safe_dump(self.scenario()))
        self.site = Site(folder / "site")
        self.site.create()
        self.site.policy.write_text(yaml.safe_dump(self.policy()))
        wanted = SiteConfig(
            scenario=str(scenario),
            plant=self.plant_kind,
            plant_seed=1,
            pace_factor=PACE_FACTOR,
        )
        self.config = ensure_site(self.site, wanted)

    def scenario(self) -> dict:
        """Two sites of uma, 24 UEs."""
        data = yaml.safe_load((Path(str(files("twins"))) / "scenarios" / "uma.yaml").read_text())
        channel = data["channel"] | {"point_count": 300}
        return data | {
            "name": "town",
            "sites": data["sites"][:2],
            "ue_count": 24,
            "channel": channel,
        }

    def policy(self) -> dict:
        """The policy that ships for munich, for the six cells of the town, with fewer false alarms:
        many tests act, and none is about those.
        """
        path = Path(str(files("agents"))) / "service" / "policies" / "munich.yaml"
        data = yaml.safe_load(path.read_text())
        data["action"]["allowed_cells"] = [1, 2, 3, 4, 5, 6]
        data["forecast"] = {"false_alarm_probability": 0.005, "gap": "unlimited"}
        quiet = {"name": "quiet", "may_send": [], "approval": "person"}
        data["xapps"]["allowed"].append(quiet)
        return data

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        processes.start(self.site, self.config)

    def stop(self) -> None:
        processes.stop(self.site)

    def service(self, caller: str = "operator") -> Service:
        return Service(self.site, self.config, Caller(name=caller), GrammarReader())

    def run(self, sentence: str, approve: str = "auto") -> Decision:
        return self.service().run(sentence, approve, ignore)

    def plant(self) -> NodeInfo:
        """What the plant says of itself; reading needs no certificate."""
        with Client(self.site.socket("plant")) as client:
            return NodeInfo.model_validate(client.call("read_back"))

    def powers_mw(self) -> dict[int, int]:
        return {c.cell_id: c.configured_max_tx_power_mw for c in self.plant().cells}

    def version(self) -> int:
        return self.plant().resource_version

    def reader(self) -> LedgerReader:
        return LedgerReader.of(self.site)

    def records(self, trace_id: str, kind: RecordKind) -> list[Record]:
        found = [entry.record for entry in self.reader().records(trace_id)]
        return [record for record in found if record.kind is kind]


def ignore(_stage: str, _share: float, _detail: str) -> None:
    """For callers that need no progress."""
