"""A reading together with what it was made from, so that it can be made again."""

from agents.reader.draft import Draft
from contracts.canonical import Contract
from contracts.intent import Reading


class ReadingResult(Contract):
    """Which reader read, what its model answered (none for the grammar), and what that means."""

    reader: str
    draft: Draft | None
    reading: Reading
