"""The card of a trained channel model: what it is, what it was made of, and its digest."""

from pathlib import Path

from contracts.canonical import digest_bytes
from tools.channel.data.sets import SOURCES, TRAINING
from tools.channel.wifo.checkpoint import describe
from tools.learning.cards import listed


def card_of(path: Path) -> str:
    """Markdown about a model's file; all of it follows from the file.

    Raises:
        RanwrightError: ``model.missing`` or ``model.malformed``.
    """
    about = describe(path)
    recipe, size, wifo = about["recipe"], about["size"], about["size"]["wifo"]
    low_db, high_db = recipe["snr_db"]
    unseen = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in SOURCES.items())
    lines = [
        "# Prediction of channel state information",
        "",
        f"`{path.name}`, {digest_bytes(path.read_bytes())}",
        "",
        "Future CSI of any array, band and time grid from noisy past CSI: a Bayesian predictor in"
        " the angle-delay domain whose spectra a masked autoencoder (WiFo) and small networks"
        " refine, mixed with three classical predictors, with an expected error.",
        "",
        f"- Autoencoder: width {wifo['width']}, {wifo['encoder_blocks']} + {wifo['decoder_blocks']}"
        f" blocks, patches of {' x '.join(map(str, wifo['patch']))}; {size['rounds']} learned"
        " steps.",
        f"- Made by `ranwright model train channel`, seed {recipe['seed']}, on"
        f" {recipe['device']}: {recipe['pretraining_steps']} steps on masked patches,"
        f" {recipe['training_steps']} on forecasts, {recipe['batch']} sequences a step out of"
        f" {recipe['sequences']} of each configuration, {low_db:g} to {high_db:g} dB SNR.",
        f"- Configurations: {', '.join(TRAINING)}. Never: {unseen}.",
        f"- Runtime of the training: {listed(about['machine'])}.",
        "",
        "| validation set | NMSE against the clean future, dB |",
        "|---|---|",
        *(f"| {name} | {value:.2f} |" for name, value in about["validation"].items()),
        "",
        "All data are simulated. Not for: channels whose noise is not white, pasts of fewer than"
        " eight samples.",
        "",
    ]
    return "\n".join(lines)
