"""What the campaign says: coverage of the bound, false alarms, refusals, and the rivals."""

import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from benchmarks.coverage.trial import Row, network

METHODS = ("ranwright", "act_without_verification", "verify_on_live_and_revert", "oracle")
LEVEL = 0.05
"""Of the one-sided binomial tests."""


def summarise(rows: Sequence[Row]) -> Row:
    """Tables of the whole campaign."""
    inside = [r for r in rows if r["family"] == "inside"]
    outside = {f: [r for r in rows if r["family"] == f] for f in {r["family"] for r in rows}}
    outside.pop("inside", None)
    return {
        "guarantees": _guarantees(inside),
        "methods": {m: _method(inside, m) for m in METHODS},
        "of_what_the_oracle_fulfils": _share_of_oracle(inside),
        "inside": _refusals(inside),
        "outside": {family: _refusals(found) for family, found in sorted(outside.items())},
        "refused_outside": _proportion(
            sum(_refused_as_strange(r) for found in outside.values() for r in found),
            sum(len(found) for found in outside.values()),
        ),
    }


def _guarantees(rows: Sequence[Row]) -> Row:
    """The stated rates against the counted ones; rejected when the count is too large for them."""
    policy = network()[1]
    acted = [r["ranwright"] for r in rows if r["ranwright"]["acted"]]
    stated = {
        "requirement_missed": (
            policy.verification.max_miss_probability,
            sum(not r["fulfilled"] for r in acted),
        ),
        "guard_rail_violated": (
            policy.verification.max_miss_probability,
            sum(r["guard_rail_violated"] for r in acted),
        ),
        "false_alarm": (
            policy.forecast.false_alarm_probability,
            sum(bool(r["alarms"]) for r in acted),
        ),
    }
    found = {name: _test(count, len(acted), rate) for name, (rate, count) in stated.items()}
    return {
        "certified_actions": len(acted),
        **found,
        "median_half_widths": statistics.median(r["half_widths"] for r in acted),
        "median_stages": statistics.median(r["stages"] for r in acted),
    }


def _test(count: int, trials: int, rate: float) -> Row:
    p_value = float(binomtest(count, trials, rate, alternative="greater").pvalue)
    return {
        "stated_probability": rate,
        **_proportion(count, trials),
        "p_value": p_value,
        "rejected": p_value < LEVEL,
    }


def _method(rows: Sequence[Row], method: str) -> Row:
    found = [r[method] for r in rows]
    acted = [r for r in found if r["acted"]]
    broken = sum(bool(r.get("live_violations", r.get("guard_rail_violated"))) for r in acted)
    return {
        "plants": len(found),
        "acted": len(acted),
        "fulfilled": _proportion(sum(r["fulfilled"] for r in acted), len(found)),
        "acted_and_missed": sum(not r["fulfilled"] for r in acted),
        "plants_with_broken_guard_rails": broken,
    }


def _share_of_oracle(rows: Sequence[Row]) -> Row:
    able = [r for r in rows if r["oracle"]["acted"] and r["oracle"]["fulfilled"]]
    return _proportion(
        sum(r["ranwright"]["acted"] and r["ranwright"]["fulfilled"] for r in able), len(able)
    )


def _refusals(rows: Sequence[Row]) -> Row:
    acted = [r["ranwright"] for r in rows if r["ranwright"]["acted"]]
    return {
        "refused_as_strange": _proportion(sum(_refused_as_strange(r) for r in rows), len(rows)),
        "not_proven_or_infeasible": len(rows)
        - len(acted)
        - sum(_refused_as_strange(r) for r in rows),
        "certified": len(acted),
        "missed": sum(not r["fulfilled"] for r in acted),
    }


def _refused_as_strange(row: Row) -> bool:
    return any(name.startswith("gap.") for name in row["ranwright"].get("refused", ()))


def _proportion(count: int, trials: int) -> Row:
    if not trials:
        return {"count": count, "of": 0}
    low, high = binomtest(count, trials).proportion_ci(0.95, "exact")
    return {"count": count, "of": trials, "share": count / trials, "interval_95": [low, high]}


def report(document: dict[str, Any]) -> None:
    """The tables."""
    console, summary = Console(), document["summary"]
    found = summary["guarantees"]
    table = Table(title=f"{found['certified_actions']} certified actions", title_justify="left")
    for column in ("event", "stated", "counted", "95 %", "p", "rejected"):
        table.add_column(column, justify="right")
    for name in ("requirement_missed", "guard_rail_violated", "false_alarm"):
        g = found[name]
        table.add_row(
            name,
            f"{g['stated_probability']:.1%}",
            f"{g['count']} = {g['share']:.1%}",
            _interval(g),
            f"{g['p_value']:.2f}",
            "yes" if g["rejected"] else "no",
        )
    console.print(table)
    console.print(_methods(summary))
    console.print(_families(summary, document["families"]))
    share = summary["of_what_the_oracle_fulfils"]
    console.print(
        f"of what the oracle fulfils: {share['count']} of {share['of']}, {_interval(share)}"
    )


def _methods(summary: Row) -> Table:
    table = Table(title="On the same plants", title_justify="left")
    for column in ("method", "plants", "acted", "fulfilled", "95 %", "missed", "rails broken"):
        table.add_column(column, justify="right")
    for name, m in summary["methods"].items():
        table.add_row(
            name,
            str(m["plants"]),
            str(m["acted"]),
            str(m["fulfilled"]["count"]),
            _interval(m["fulfilled"]),
            str(m["acted_and_missed"]),
            str(m["plants_with_broken_guard_rails"]),
        )
    return table


def _families(summary: Row, what: dict[str, str]) -> Table:
    table = Table(title="Inside and outside the calibrated range", title_justify="left")
    for column in ("family", "", "refused as strange", "95 %", "certified", "missed"):
        table.add_column(column, justify="right")
    for name, f in {"inside": summary["inside"], **summary["outside"]}.items():
        refused = f["refused_as_strange"]
        table.add_row(
            name,
            what[name],
            f"{refused['count']} of {refused['of']}",
            _interval(refused),
            str(f["certified"]),
            str(f["missed"]),
        )
    return table


def _interval(proportion: Row) -> str:
    if not proportion["of"]:
        return "–"
    low, high = proportion["interval_95"]
    return f"{low:.1%}–{high:.1%}"
