"""The actuator's progress as people read it."""

import pytest

from agents.service.clients import _progress_of


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"stage": "checked", "kpm_time_ms": 1}, ("checked", 0.0)),
        ({"stage": "watching", "number": 2, "of": 4}, ("stage 2 of 4: watching", 0.25)),
        ({"stage": "watching", "number": 1, "of": 1}, ("watching", 0.0)),
        ({"stage": "rolling_back", "kpm_time_ms": 1, "code": "x"}, ("rolling back", 0.0)),
    ],
)
def test_a_stage_is_named_where_there_are_several(event, shown):
    assert _progress_of(event) == shown
