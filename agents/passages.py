"""What the operator's own specifications say near an intent: read, screened, and believed nowhere.

Passages stand in the ledger with the evidence, and are shown to people. They are data with an id:
none reaches the formulator, a tool or the verifier (docs/decisions/0027-citations.md).
"""

from collections.abc import Callable, Iterable

from agents.papers import EvidenceSet, ScreenedPassage
from contracts.errors import RanwrightError
from contracts.evidence import Evidence
from contracts.intent import Intent
from contracts.passage import Passage

_MOST = 3
_MOST_BATCHES = 4
"""Of 32 chunks that are indexed within a plan, some seconds."""
_WAIT_SECONDS = 1.0


def read_passages(intent: Intent) -> tuple[Passage, ...]:
    """The passages nearest to an intent's sentence; none where nothing was ingested.

    Raises:
        RanwrightError: as :func:`knowledge.retrieve.passages` and
            :class:`knowledge.ingest.store.Store`; ``knowledge.not_indexed`` where a document has
            more to index than a plan waits for. What was indexed until then is kept.
    """
    from knowledge.ingest.store import Store, default_path
    from knowledge.retrieve import passages

    if not default_path().is_file():
        return ()
    with Store(default_path(), _WAIT_SECONDS) as store:
        return passages(intent.user_label, _MOST, store, told=_budget())


def beside(evidence: tuple[Evidence, ...], read: Callable[[], tuple[Passage, ...]]) -> EvidenceSet:
    """Evidence, and the passages that can be read beside it.

    Passages decide nothing, so nothing that goes wrong with them stops a plan: the set then has
    none, and the code of what went wrong.
    """
    try:
        return EvidenceSet(evidence=evidence, passages=screened(read(), evidence))
    except RanwrightError as error:
        return EvidenceSet(evidence=evidence, unread=error.code)
    except Exception as error:  # noqa: BLE001 - a damaged cache fails in whatever library reads it
        return EvidenceSet(evidence=evidence, unread=f"passages.defect:{type(error).__name__}")


def screened(
    read: Iterable[Passage], evidence: Iterable[Evidence] = ()
) -> tuple[ScreenedPassage, ...]:
    """The passages with their flags; ranges of the equipment profile come from the evidence."""
    from knowledge.screen import screen

    known = tuple(evidence)
    return tuple(ScreenedPassage(passage=p, flags=screen(p, known)) for p in read)


def _budget() -> Callable[[str, int, int], None]:
    batches: list[int] = []

    def told(name: str, done: int, total: int) -> None:
        batches.append(done)
        if len(batches) > _MOST_BATCHES:
            raise RanwrightError(
                "knowledge.not_indexed",
                f"Specifications are not indexed yet; of {name}, {done} of {total} chunks are.",
                "Run `ranwright knowledge search` once, which indexes them.",
            )

    return told
