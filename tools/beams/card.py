"""The card of a trained beam model: what it is, what it was made of, and its digest."""

from pathlib import Path

from contracts.canonical import digest_bytes
from tools.beams.checkpoint import describe
from tools.beams.windows import STEP_S
from tools.learning.cards import listed


def card_of(path: Path) -> str:
    """Markdown about a model's file; all of it follows from the file.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    about = describe(path)
    recipe, size, found = about["recipe"], about["size"], about["validation"]
    horizons = range(1, size["horizons"] + 1)
    columns = " | ".join(f"{STEP_S * h:.1f} s" for h in horizons)
    lines = [
        "# Beam prediction",
        "",
        f"`{path.name}`, {digest_bytes(path.read_bytes())}",
        "",
        f"Best of 64 beams for the next {size['horizons']} steps of {STEP_S} s, from the powers of"
        f" all beams in {size['past']} past steps: a transformer that corrects a Kalman filter of"
        " a straight drive. See `docs/guide/beams.md`.",
        "",
        f"- Size: {listed(size)}.",
        f"- Made by `ranwright model train beams`, seed {recipe['seed']}: {recipe['steps']} steps"
        f" on {recipe['windows']} made windows, {recipe['batch']} a step. No measured power was"
        " seen, neither in training nor in validation.",
        f"- Runtime of the training: {listed(about['machine'])}.",
        "",
        f"| on made windows not trained on | {columns} |",
        "|---|" + "---|" * size["horizons"],
        _row("within 1 dB of the best beam", [found[f"near_{h}"] for h in horizons]),
        _row("one of three swept beams is", [found[f"sweep_{h}"] for h in horizons]),
        "",
        "The file also holds the calibration of its confidence, the policies that keep a promise,"
        " and what made windows looked like (familiarity); all from made windows.",
        "",
        "Not for: codebooks that are not ordered by angle, other steps than 0.1 s, vehicles that"
        " turn. A window that looks strange is answered by the filter alone.",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, values: list[float]) -> str:
    return f"| {name} | " + " | ".join(f"{v:.3f}" for v in values) + " |"
