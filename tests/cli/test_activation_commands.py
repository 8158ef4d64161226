"""Commands about activations: what needs no site."""

import pytest

from agents.cli.activation import seconds
from agents.cli.render_activation import activations_table
from contracts.errors import ExitCode, RanwrightError


@pytest.mark.parametrize(
    ("said", "meant_s"), [("90s", 90), ("15m", 900), ("15 min", 900), ("1h", 3600), (" 2m ", 120)]
)
def test_durations_are_read(said: str, meant_s: int) -> None:
    assert seconds(said) == meant_s


@pytest.mark.parametrize("said", ["", "15", "0s", "-5m", "1.5h", "soon", "1d", "999999s"])
def test_what_is_no_duration_is_a_usage_error(said: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        seconds(said)
    assert caught.value.code == "activation.bad_duration"
    assert caught.value.exit_code is ExitCode.USAGE


def test_the_list_shows_each_activation_in_one_row() -> None:
    entry = {
        "activation_id": "a" * 32,
        "trace_id": "t" * 16,
        "status": "live",
        "moves": 3,
        "powers_mw": {"10": 40_000, "2": 20_000},
        "expires_at": "2026-01-01T12:00:00Z",
        "reason": "",
    }
    table = activations_table([entry, {**entry, "status": "ended", "powers_mw": None}])
    assert table.row_count == 2
    powers = list(table.columns[4].cells)
    assert powers == ["2: 43.0 dBm, 10: 46.0 dBm", ""]
