"""The card of a trained marker: what it is, what it was made of, and its digest."""

from pathlib import Path

from contracts.canonical import digest_bytes
from tools.language.checkpoint import describe
from tools.learning.cards import listed


def card_of(path: Path) -> str:
    """Markdown about a model's file; all of it follows from the file.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    about = describe(path)
    recipe, found = about["recipe"], about["validation"]
    lines = [
        "# Marks of operators' sentences",
        "",
        f"`{path.name}`, {digest_bytes(path.read_bytes())}",
        "",
        "Marks what stands where in a sentence (KPI, amount, place, time, planted instructions),"
        " and what a bound means; code makes the intent. Low-rank corrections and heads on"
        " all-MiniLM-L6-v2 (Apache-2.0), which is not in the file."
        " See `docs/decisions/0030-embedded-reader.md`.",
        "",
        f"- Size: {listed(about['size'])}.",
        f"- Made by `ranwright model train intent`, seed {recipe['seed']}: {recipe['steps']} steps"
        f" of {recipe['batch']} sentences from a grammar; none was written by an operator.",
        f"- Runtime of the training: {listed(about['machine'])}.",
        "",
        "| share of other sentences of the grammar | |",
        "|---|---|",
        f"| all marks, classes, links and the act right | {found['exact']:.3f} |",
        f"| all spans right | {found['spans']:.3f} |",
        f"| the act right | {found['act']:.3f} |",
        "",
        "These shares are of the training's own grammar; what operators say is another matter, and"
        " IntentBench (`benchmarks/intents`) is the measure of that.",
        "",
    ]
    return "\n".join(lines)
