"""The catalogue is complete and each KPI is named after the specification that defines it."""

import pytest

from contracts.kpi import CATALOGUE, Kpi


def test_every_kpi_is_defined_once():
    assert list(CATALOGUE) == list(Kpi)
    assert all(definition.kpi is kpi for kpi, definition in CATALOGUE.items())


@pytest.mark.parametrize("kpi", Kpi)
def test_definitions_say_unit_aggregation_and_source(kpi):
    definition = CATALOGUE[kpi]
    assert definition.unit in ("mbps", "w", "percent")
    assert definition.aggregation
    assert any(spec in definition.source for spec in ("TS 28.552", "TS 28.541", "TS 28.312"))


def test_only_throughput_is_better_when_higher():
    higher = {kpi for kpi, d in CATALOGUE.items() if d.better == "higher"}
    assert higher == {Kpi.UE_THP_DL_MEAN, Kpi.UE_THP_DL_P5}
