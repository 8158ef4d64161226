"""``ranwright ric node --profile``: checked before anything starts, and named by what it holds."""

from pathlib import Path

from agents.service.ric_nodes import folder_name
from contracts.errors import ExitCode
from tests.cli.ric_command import Command
from tests.twins.synthetic import scenario
from twins.dynamics import profile as profiles

SWEEPING = (Path(profiles.__file__).parent / "sweeping.yaml").read_text()


def test_what_is_no_profile_with_beams_starts_nothing(tmp_path: Path) -> None:
    refused = Command(tmp_path / "ric").refused
    for profile, code in (
        ("", "profile.unknown"),
        ("nothing_of_that_name", "profile.unknown"),
        ("urban", "beams.no_profile"),
    ):
        exit_code, error = refused("ric", "node", "--profile", profile)
        assert (exit_code, error["code"]) == (ExitCode.USAGE, code)
    assert not (tmp_path / "ric" / "nodes").exists()


def test_a_node_is_named_by_what_its_profile_holds(tmp_path: Path) -> None:
    network = scenario()

    def name(file: str, text: str = SWEEPING) -> str:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return folder_name(network, str(path), 1)

    built_in = folder_name(network, "sweeping", 1)
    assert built_in.startswith(f"{network.name}-sweeping-")
    assert name("a/mine.yaml") == name("b/other.yaml") == built_in
    busier = SWEEPING.replace("ue_count: 12", "ue_count: 13")
    assert len({built_in, name("a/mine.yaml", busier), folder_name(network, None, 1)}) == 3
