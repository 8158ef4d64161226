"""The card of a trained model: what it is, what it was made of, and the digest that holds it."""

from pathlib import Path

from contracts.canonical import digest_bytes
from tools.learning.cards import listed
from tools.power.foundation.checkpoint import describe
from tools.power.graphs.families import HELD_OUT, TRAINING


def card_of(path: Path) -> str:
    """Markdown about a model's file; all of it follows from the file.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    about = describe(path)
    recipe, size, machine = about["recipe"], about["size"], about["machine"]
    lines = [
        "# Power control on interference graphs",
        "",
        f"`{path.name}`, {digest_bytes(path.read_bytes())}",
        "",
        "Powers of any interference graph for any of six objectives: starts and strides of WMMSE,"
        " the best of eight taken. See `docs/guide/graph-model.md`.",
        "",
        f"- Size: {listed(size)}.",
        f"- Made by `ranwright model train power`, seed {recipe['seed']}, on {recipe['device']}:"
        f" {recipe['pretraining_steps']} steps of pre-training ({recipe['objectives']}),"
        f" {recipe['training_steps']} steps on the sum rate,"
        f" {recipe['capped_share']:.0%} of them under a cap, without labels.",
        f"- Graphs: {', '.join(f.name for f in TRAINING)}; {min(recipe['sizes'])} to"
        f" {max(recipe['sizes'])} links; uneven weights and limits in"
        f" {recipe['varied_share']:.0%}. Never: {', '.join(f.name for f in HELD_OUT)}, graphs of"
        " scenarios.",
        f"- Runtime of the training: {listed(machine)}.",
        "",
        "| validation graphs | mean ratio to the best of 20 over-relaxed WMMSE starts |",
        "|---|---|",
        *(f"| {name} | {ratio:.4f} |" for name, ratio in about["validation"].items()),
        "",
        "Not for: links that share no resource, powers that nobody judges. An answer counts only"
        " after the objective was computed for it, beside classical ones. The familiarity score"
        " says how much a graph resembles those of the training.",
        "",
    ]
    return "\n".join(lines)
