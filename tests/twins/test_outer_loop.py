import numpy as np
import pytest
import torch

from twins.dynamics.adaptation import BlockErrors, OuterLoop, effective_sinr_db
from twins.dynamics.randomness import stream
from twins.sionna.system import BLOCK_ERROR_TARGET, MCS_TABLE, PDSCH, load_system_level

GROUPS, ELEMENTS = 16, 2450.0
TABLE = {"mcs_table_index": MCS_TABLE, "mcs_category": PDSCH}


@pytest.fixture(scope="module")
def errors() -> BlockErrors:
    return BlockErrors.load(GROUPS, ELEMENTS)


def test_block_sizes_and_error_rates_are_those_of_sionna(errors: BlockErrors) -> None:
    random = stream("blocks")
    mcs = random.integers(2, 28, 200)
    groups = random.integers(1, GROUPS + 1, 200)
    sinr_db = random.uniform(-5.0, 30.0, 200)
    elements = torch.tensor(np.round(groups * ELEMENTS), dtype=torch.int32)
    physical = load_system_level(1).abstraction
    bits, feedback, _, rate, _ = physical(
        torch.tensor(mcs, dtype=torch.int32),
        sinr_eff=torch.tensor(10.0 ** (sinr_db / 10.0), dtype=torch.float32),
        num_allocated_re=elements,
        **TABLE,
    )
    assert errors.chance_of_error(groups, mcs, sinr_db) == pytest.approx(rate.numpy(), abs=1e-6)
    arrived = feedback.numpy() == 1
    assert (errors.bits[groups, mcs][arrived] == bits.numpy()[arrived]).all()


def test_effective_sinr_is_that_of_sionna(errors: BlockErrors) -> None:
    random = stream("eesm")
    sinr = 10.0 ** (random.uniform(-5.0, 25.0, (48, 20)) / 10.0)
    given = random.random((48, 20)) < 0.5
    mcs = random.integers(2, 27, 20)
    ours = effective_sinr_db(sinr, given, errors.beta[mcs])
    theirs = load_system_level(1).effective_sinr(
        torch.tensor(sinr * given, dtype=torch.float32)[None, None, :, :, None],
        torch.tensor(mcs, dtype=torch.int32)[None],
        mcs_table_index=MCS_TABLE,
    )
    assert ours == pytest.approx(10.0 * np.log10(theirs[0].numpy()), abs=0.01)


def test_the_loop_chooses_what_sionnas_loop_chooses(errors: BlockErrors) -> None:
    """Same feedback, same reports: same offsets and same MCS, slot after slot."""
    ues, random = 8, stream("olla")
    system = load_system_level(1)
    reference = system.sys.OuterLoopLinkAdaptation(
        system.abstraction, num_ut=ues, bler_target=BLOCK_ERROR_TARGET
    )
    ours = OuterLoop(ues)
    groups = random.integers(1, GROUPS + 1, ues)
    elements = torch.tensor(np.round(groups * ELEMENTS), dtype=torch.int32)
    same = 0
    for _ in range(150):
        feedback = random.choice([-1, 0, 1], ues, p=[0.2, 0.15, 0.65])
        sinr_db = random.uniform(-3.0, 27.0, ues)
        mcs = reference(
            elements,
            harq_feedback=torch.tensor(feedback),
            sinr_eff=torch.tensor(10.0 ** (sinr_db / 10.0), dtype=torch.float32),
            **TABLE,
        )
        ours.feed_back(feedback >= 0, feedback == 0)
        assert ours.offset_db == pytest.approx(reference.offset.numpy(), abs=1e-4)
        chosen = errors.best_mcs(groups, sinr_db - ours.offset_db)
        # at the edge of a row of the table, single and double precision may round apart
        same += int((chosen == mcs.numpy()).sum())
        assert np.abs(chosen - mcs.numpy()).max() <= 1
    assert same >= 0.995 * 150 * ues


@pytest.mark.parametrize("report_error_db", [-4.0, 0.0, 4.0])
def test_the_loop_meets_its_target_whatever_the_report_is_off_by(
    errors: BlockErrors, report_error_db: float
) -> None:
    ues, slots, random = 40, 3000, stream("target")
    mean_db = random.uniform(5.0, 18.0, ues)
    groups = np.full(ues, 4)
    loop, failures, counted = OuterLoop(ues), 0, 0
    for slot in range(slots):
        sinr_db = mean_db + random.normal(0.0, 1.5, ues)
        mcs = errors.best_mcs(groups, mean_db + report_error_db - loop.offset_db)
        failed = random.random(ues) < errors.chance_of_error(groups, mcs, sinr_db)
        loop.feed_back(np.ones(ues, dtype=bool), failed)
        if slot >= 500:
            failures, counted = failures + int(failed.sum()), counted + ues
    assert failures / counted == pytest.approx(BLOCK_ERROR_TARGET, rel=0.05)
