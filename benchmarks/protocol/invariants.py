"""What must hold in every state, after every step, and at the end of every run."""

from collections.abc import Callable

from benchmarks.protocol.state import ENDED, State, open_entries

Law = Callable[[State], bool]


def sent_was_permitted(state: State) -> bool:
    """Sent implies verified and approved: this plan's verdict passed and this plan was approved."""
    return all(_certified(state, c.about) for c in state.wire if c.kind == "act") and all(
        _certified(state, i) for i, n in enumerate(state.applied) if any(n)
    )


def _certified(state: State, about: int) -> bool:
    entry = state.journal[about]
    if entry is None:
        return False
    plan = state.plans[entry.certificate.plan]
    return (
        plan is not None
        and plan.passed
        and entry.certificate.plan == about
        and ("approved", about) in state.ledger
        and ("denied", about) not in state.approvals
    )


def sent_was_in_time(state: State) -> bool:
    """Sent implies unexpired when it was admitted."""
    return all(
        e is None or e.in_time or not any(state.sends[i]) for i, e in enumerate(state.journal)
    )


def sent_was_unused(state: State) -> bool:
    """A certificate is taken, and each of its stages sent and applied, at most once."""
    claims = [e.claims for e in state.journal if e is not None]
    counts = [n for of_plan in (*state.sends, *state.applied) for n in of_plan]
    return max((*claims, *counts)) <= 1


def sent_was_logged(state: State) -> bool:
    """Sent implies logged before: the ledger holds certificate, start and control."""
    return all(
        {("certificate", i), ("started", i), (f"sent{stage}", i)} <= state.ledger
        for i, of_plan in enumerate(state.sends)
        for stage, sent in enumerate(of_plan, 1)
        if sent
    )


def later_stages_follow_good_ones(state: State) -> bool:
    """A later stage is sent only after the ones before it were measured and judged good."""
    return all(
        (e.measured if e else 0) >= stage
        for e, of_plan in zip(state.journal, state.sends, strict=True)
        for stage, sent in enumerate(of_plan)
        if sent
    )


def acted_on_what_was_planned(state: State) -> bool:
    """A stage leaves for the life of its plan, and the version that the stage before it made."""
    for control in state.wire:
        entry = state.journal[control.about]
        plan = state.plans[entry.certificate.plan] if entry else None
        if (
            control.kind == "act"
            and plan
            and (control.version, control.life)
            != (
                plan.version + control.stage - 1,
                plan.life,
            )
        ):
            return False
    return True


def one_action_at_a_time(state: State) -> bool:
    """At most one action is open: no two are in force unwatched or watched together."""
    return len(open_entries(state)) <= 1


def receipts_tell_the_truth(state: State) -> bool:
    """What a receipt says agrees with the plant.

    ``fulfilled``: every stage carried out and measured. All other ends: no cell has a value of the
    plan by its control, now or later; ``rolled_back``: nor one of last resort; ``not_applied``:
    no cell ever had one in this life.
    """
    for about, entry in enumerate(state.journal):
        if entry is None:
            continue
        plan = state.plans[entry.certificate.plan]
        here = plan is not None and plan.life == state.plant.life
        applied = state.applied[about]
        if entry.step == "fulfilled" and not (all(applied) and entry.measured == len(applied)):
            return False
        stands = here and ("act", about) in state.plant.by
        if entry.step in ("rolled_back", "fallen_back", "not_applied") and stands:
            return False
        if entry.step == "rolled_back" and here and ("last_resort", about) in state.plant.by:
            return False
        if entry.step == "not_applied" and here and any(applied):
            return False
    return True


def one_certificate_an_approval(state: State) -> bool:
    """Whatever a planner holds under one approval is one certificate, and stands in the ledger."""
    return state.certificates <= state.standing and len(state.standing) == len(
        {c.approval for c in state.standing}
    )


def one_receipt_an_end(state: State) -> bool:
    """The ledger never holds two ends of an action: taken back and never applied."""
    return all(
        not {("rolled_back", i), ("not_applied", i)} <= state.ledger
        for i in range(len(state.journal))
    )


LAWS: tuple[Law, ...] = (
    sent_was_permitted,
    sent_was_in_time,
    sent_was_unused,
    sent_was_logged,
    later_stages_follow_good_ones,
    acted_on_what_was_planned,
    one_action_at_a_time,
    receipts_tell_the_truth,
    one_certificate_an_approval,
    one_receipt_an_end,
)
"""Each holds in every state."""


def append_only(before: State, after: State) -> bool:
    """No step takes a record out of the ledger."""
    return before.ledger is after.ledger or before.ledger <= after.ledger


def settled(state: State) -> bool:
    """Every action that was begun has its receipt, and the ledger holds it."""
    return not state.outbox and all(
        e is None or (e.step in ENDED and (e.step, i) in state.ledger)
        for i, e in enumerate(state.journal)
    )
