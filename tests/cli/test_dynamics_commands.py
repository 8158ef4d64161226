import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agents.cli.twin import app
from contracts.errors import RanwrightError
from twins.dynamics.measures import SOURCES


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)


def test_one_document_with_every_figure_named(tmp_path: Path) -> None:
    picture = tmp_path / "ways.png"
    done = call(
        "munich", "--seconds", "0.3", "--set", "a3-Offset=8", "--picture", str(picture), "--json"
    )
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["turns"] == ["EventTriggerConfig.a3-Offset=8"]
    assert (document["profile"], document["level"]) == ("urban", "flow")
    assert {m["name"] for m in document["measurements"]} <= set(SOURCES)
    assert {m["scope"] for m in document["measurements"]} >= {"network", "group cars", "cell 9"}
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_tables_for_people() -> None:
    done = call("munich", "--profile", "contest", "--seconds", "0.2", "--slot-level")
    assert done.exit_code == 0
    for part in ("munich, contest, 0.2 s, seed 1, slot", "DRB.UEThpDl.Mean", "slice realtime"):
        assert part in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--set", "a3-Offset=99", "dictionary.out_of_range"),
        ("--profile", "rural", "profile.unknown"),
    ],
)
def test_mistakes_are_refused(option: str, value: str, code: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        call("munich", option, value)
    assert caught.value.code == code
