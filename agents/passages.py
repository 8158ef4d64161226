"""What the operator's own specifications say near an intent: read, screened, and believed nowhere.

Passages stand in the ledger with the evidence, and are shown to people. They are data with an id:
none reaches the formulator, a tool or the verifier (docs/decisions/0027-citations.md).
"""

from collections.abc import Iterable

from agents.papers import ScreenedPassage
from contracts.intent import Intent
from contracts.passage import Passage

_MOST = 3


def read_passages(intent: Intent) -> tuple[Passage, ...]:
    """The passages nearest to an intent's sentence; none where nothing was ingested.

    Raises:
        RanwrightError: as :func:`knowledge.retrieve.passages`.
    """
    from knowledge.ingest.store import default_path
    from knowledge.retrieve import passages

    return passages(intent.user_label, _MOST) if default_path().is_file() else ()


def screened(read: Iterable[Passage]) -> tuple[ScreenedPassage, ...]:
    """The passages with their flags."""
    from knowledge.screen import screen

    return tuple(ScreenedPassage(passage=p, flags=screen(p)) for p in read)
