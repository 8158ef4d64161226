"""Counting attempts, because luck has more chances with each."""

from contracts.canonical import Digest
from contracts.errors import RanwrightError


class Attempts:
    """Which plans were tried on which snapshot.

    A planner that keeps trying plans on one snapshot until one passes by luck is stopped by the
    policy's ``max_attempts``, which the bound allows for.
    """

    def __init__(self) -> None:
        self._tried: dict[Digest, list[Digest]] = {}

    def number(self, snapshot_digest: Digest, plan_digest: Digest, most: int) -> int:
        """Which attempt on a snapshot this is, from 1; a plan that comes again keeps its number.

        Raises:
            RanwrightError: ``verify.attempts_exhausted``.
        """
        tried = self._tried.setdefault(snapshot_digest, [])
        if plan_digest not in tried:
            if len(tried) >= most:
                raise RanwrightError(
                    "verify.attempts_exhausted",
                    f"{len(tried)} plans were tried on this snapshot already.",
                    "Take a fresh snapshot; the bound does not hold for more tries.",
                )
            tried.append(plan_digest)
        return tried.index(plan_digest) + 1
