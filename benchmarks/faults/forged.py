"""Reports that are wrong. Each takes a report and the first one heard; passes on one or none."""

from contracts.network import KpmReport

_FACTOR = 10.0


def silent(_report: KpmReport, _first: KpmReport) -> KpmReport | None:
    """Nothing is reported."""
    return None


def stale(_report: KpmReport, first: KpmReport) -> KpmReport | None:
    """The same old report again and again."""
    return first


def tenfold(report: KpmReport, first: KpmReport) -> KpmReport:
    """Ten times the volume, alike in cells and UEs."""
    ues = tuple(
        u.model_copy(update={"dl_volume_mbit": _FACTOR * u.dl_volume_mbit}) for u in report.ues
    )
    return contradictory(report.model_copy(update={"ues": ues}), first)


def contradictory(report: KpmReport, _first: KpmReport) -> KpmReport:
    """Ten times the throughput of the cells, but not of their UEs."""
    cells = tuple(
        c.model_copy(update={"ue_throughput_mbps": _FACTOR * c.ue_throughput_mbps})
        for c in report.cells
    )
    return report.model_copy(update={"cells": cells})


def without_ues(report: KpmReport, _first: KpmReport) -> KpmReport:
    """No KPI of any UE."""
    cells = tuple(c.model_copy(update={"ue_throughput_mbps": 0.0}) for c in report.cells)
    return report.model_copy(update={"ues": (), "cells": cells})


def of_before(report: KpmReport, _first: KpmReport) -> KpmReport:
    """Measured, it says, under the configuration before the control."""
    return report.model_copy(update={"resource_version": report.resource_version - 1})


def an_hour_ahead(report: KpmReport, _first: KpmReport) -> KpmReport:
    """The plant's clock jumps."""
    return report.model_copy(update={"kpm_time_ms": report.kpm_time_ms + 3_600_000})


def an_hour_behind(report: KpmReport, _first: KpmReport) -> KpmReport:
    """The plant's clock jumps back."""
    return report.model_copy(update={"kpm_time_ms": max(0, report.kpm_time_ms - 3_600_000)})
