"""The real components do, step by step, what the model does: on runs to each of its steps, and at random."""

import pytest

from tests.protocol.walks import covering_traces, random_trace


def test_every_step_of_the_model_is_made_by_the_real_components(conforms):
    for trace in covering_traces(plans=1, faults=1, seed=1):
        conforms(trace, 1)


@pytest.mark.parametrize("seed", range(10))
def test_random_runs(conforms, seed):
    conforms(random_trace(2, 3, seed), 2)
