"""A calibration certificate as people read it: curves, statistics, planted faults."""

from rich.table import Table

from contracts.calibration import CalibrationCertificate, CurveTest

_MARK = {True: "[green]✓[/]", False: "[red]✗[/]"}
_MEASURES = {
    "coupling_loss_db": "coupling loss",
    "wideband_sir_db": "wideband SIR",
    "geometry_sinr_db": "geometry SINR",
}


def calibration_tables(certificate: CalibrationCertificate) -> tuple[Table | str, ...]:
    """Three tables and the verdict."""
    failed = certificate.shortcomings
    verdict = (
        f"[bold red]FAILED[/]: {'; '.join(failed[:3])}"
        if failed
        else "[bold green]CALIBRATED[/]: every test passed"
    )
    return (
        _curves(certificate.curves),
        _large_scale(certificate),
        _mutants(certificate),
        f"{verdict}\n[dim]{certificate.digest}[/]",
    )


def _curves(tests: tuple[CurveTest, ...]) -> Table:
    table = Table(title="3GPP phase-1 calibration: distance to the companies' median curve")
    for column in ("deployment", "measure"):
        table.add_column(column)
    for column in ("K-S distance", "median company", "90th-percentile company", ""):
        table.add_column(column, justify="right")
    for test in tests:
        table.add_row(
            test.deployment,
            _MEASURES[test.measure],
            f"{test.ks_distance:.3f}",
            f"{test.company_median_distance:.3f}",
            f"{test.allowed_distance:.3f}",
            _MARK[test.passed],
        )
    return table


def _large_scale(certificate: CalibrationCertificate) -> Table:
    table = Table(title="Large-scale parameters against TR 38.901: the least likely of each")
    for column in ("deployment", "statistic"):
        table.add_column(column)
    for column in ("tests", "expected", "measured", "p", ""):
        table.add_column(column, justify="right")
    for deployment in dict.fromkeys(t.deployment for t in certificate.large_scale):
        tests = [t for t in certificate.large_scale if t.deployment == deployment]
        worst = min(tests, key=lambda t: t.p_value)
        table.add_row(
            deployment,
            worst.name,
            str(len(tests)),
            f"{worst.expected:g}",
            f"{worst.measured:g}",
            f"{worst.p_value:.1e}",
            _MARK[all(t.passed for t in tests)],
        )
    return table


def _mutants(certificate: CalibrationCertificate) -> Table:
    caught = sum(m.caught for m in certificate.mutants)
    table = Table(title=f"Planted faults: {caught} of {len(certificate.mutants)} caught")
    for column in ("fault", "first noticed by"):
        table.add_column(column)
    table.add_column("", justify="right")
    for mutant in certificate.mutants:
        first = mutant.caught_by[0] if mutant.caught_by else "nothing"
        table.add_row(mutant.fault, first, _MARK[mutant.caught])
    return table
