import json
import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twins.runtime import RuntimeSettings, configure_thread, derive_seed, fingerprint, seeded


def test_the_fingerprint_names_what_results_depend_on():
    found = fingerprint()
    assert {"python", "torch", "numpy", "sionna", "cpu_capability"} <= set(found)
    assert json.loads(json.dumps(found)) == found


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_seeds_follow_from_domain_and_numbers(first, second):
    assert derive_seed("a", first) == derive_seed("a", first)
    assert derive_seed("a", first) != derive_seed("b", first)
    assert (derive_seed("a", first, second) == derive_seed("a", second, first)) is (first == second)
    assert 0 <= derive_seed("a", first) < 2**63


def test_parts_do_not_run_into_each_other():
    assert derive_seed("a", 1, 23) != derive_seed("a", 12, 3)


def test_seeded_generators_repeat():
    first, second = (torch.rand(3, generator=seeded("a", 1)) for _ in range(2))
    assert torch.equal(first, second)


def test_a_configured_thread_flushes_denormals_and_uses_one_core():
    found = []

    def work() -> None:
        configure_thread()
        found.append((torch.get_num_threads(), (torch.tensor([1e-30]) * 1e-12).item()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(1, 0.0)]


def test_the_number_of_workers_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("RANWRIGHT_WORKERS", "3")
    assert RuntimeSettings().workers == 3
    monkeypatch.setenv("RANWRIGHT_WORKERS", "0")
    with pytest.raises(ValidationError):
        RuntimeSettings()
