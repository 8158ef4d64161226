"""One case on one rig: carry it out, compare the end, time it."""

import threading
from typing import Any

from benchmarks.faults.cases import Case
from benchmarks.faults.papers import BEFORE_MW, CELLS, LAST_RESORT_MW, POLICY, TARGET_MW
from benchmarks.faults.proxy import Fault
from benchmarks.faults.rig import PACE, Rig, Run
from xapps.actuator.plant import ANSWER_TIMEOUT_S
from xapps.actuator.way_back import LIMIT_S

DETECT_LIMIT_S = (
    POLICY["certificate"]["effect_deadline_ms"] / 1000.0 / PACE
    + POLICY["certificate"]["silence_timeout_s"]
    + ANSWER_TIMEOUT_S
)
"""Wall time: the effect deadline (KPM) at this pace, silence after it, and one lost answer."""
RESTORE_LIMIT_S = LIMIT_S + 3 * ANSWER_TIMEOUT_S
FALL_BACK_LIMIT_S = 2 * LIMIT_S + (3 + 4 * len(CELLS)) * ANSWER_TIMEOUT_S
_PLANT_IS_DOWN_S = 2.0
_POWER_MW = {"before": BEFORE_MW, "plan": TARGET_MW, "last resort": LAST_RESORT_MW}

Row = dict[str, Any]


def carry_out(rig: Rig, case: Case) -> Row:
    """One row of the table; the rig is clean again afterwards."""
    room = rig.site.root / "room"
    room.unlink(missing_ok=True)
    rig.start("actuator", **case.environment)
    before = rig.powers_mw()
    full = rig.site.root / "ledger_full"
    revived: list[threading.Timer] = []

    def hurt(event: dict[str, Any]) -> None:
        if (event["stage"], event.get("number")) != ("acknowledged", 2):
            return
        if case.ledger_full:
            full.touch()
            rig.proxy.armed_at()
        if case.plant_dies:
            rig.proxy.armed_at()
            rig.stop_plant()
            revived.append(threading.Timer(_PLANT_IS_DOWN_S, rig.start_plant))
            revived[0].start()

    run = rig.act(case.fault, hurt)
    for timer in revived:
        timer.join()
    row = _row(case, run, before)
    full.unlink(missing_ok=True)
    room.touch()
    row |= _cleaned(rig, case, run)
    return row


def _row(case: Case, run: Run, before: dict[int, int]) -> Row:
    expected = dict.fromkeys(CELLS, _POWER_MW[case.restored_to])
    if case.restored_to == "last resort":
        expected[CELLS[1]] = BEFORE_MW
    restored = run.powers_mw == before | expected
    row: Row = {
        "fault": case.name,
        "end": run.status,
        "detected_by": run.code,
        "detected": run.status in case.ends and run.code in case.codes,
        "restored_to": case.restored_to,
        "restored": restored,
    }
    took = _times(run)
    limit_s = FALL_BACK_LIMIT_S if case.restored_to == "last resort" else RESTORE_LIMIT_S
    within = took["detect_s"] is None or (
        took["detect_s"] <= DETECT_LIMIT_S and took["restore_s"] <= limit_s
    )
    return row | took | {"limit_s": [DETECT_LIMIT_S, limit_s], "within_limit": within}


def _times(run: Run) -> Row:
    """Seconds from the fault to its detection, and from there to the end; wall and KPM."""
    if run.began is None or run.detected is None or run.ended is None:
        return dict.fromkeys(("detect_s", "restore_s", "detect_kpm_s", "restore_kpm_s"))
    spans = ((run.began, run.detected), (run.detected, run.ended))
    wall = [round(b[0] - a[0], 3) for a, b in spans]
    kpm = [round((b[1] - a[1]) / 1000.0, 1) if min(a[1], b[1]) >= 0 else None for a, b in spans]
    return {
        "detect_s": wall[0],
        "restore_s": wall[1],
        "detect_kpm_s": kpm[0],
        "restore_kpm_s": kpm[1],
    }


def _cleaned(rig: Rig, case: Case, run: Run) -> Row:
    """Without the fault: the receipt that is still missing comes, and the plant is as before."""
    rig.proxy.use(Fault(stage=0), lambda: None)
    refused_at_once = run.status == "refused" and "FULL" not in case.environment
    end = run.status if refused_at_once else rig.await_end()
    if end == "fulfilled":
        rig.take_back()
    clean = all(rig.powers_mw()[c] == BEFORE_MW for c in CELLS)
    return {"end_without_fault": end, "clean_afterwards": clean}
