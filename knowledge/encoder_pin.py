"""What the encoder's vectors depend on, and its digest; light, since planners name it in traces."""

from contracts.canonical import Digest, canonical_bytes, digest_bytes
from knowledge import plugin

PINNED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""Files of the bundled all-MiniLM-L6-v2."""

MAX_TOKENS = 256

RECIPE = "onnx opset 20, int8 by channel, reduced range, one text a run, 1"
"""What :mod:`knowledge.minilm_graph` and :mod:`knowledge.encoder` do; vectors change with it."""


def encoder_digest() -> Digest:
    """Names weights, tokenizer and recipe of the encoder that is used, bundled or configured.

    Equal digests give equal vectors on one machine.

    Raises:
        RanwrightError: as :func:`knowledge.plugin.encoder`.
    """
    configured = plugin.encoder()
    return bundled_digest() if configured is None else configured.digest


def bundled_digest() -> Digest:
    """The digest of the bundled encoder."""
    return digest_bytes(canonical_bytes([PINNED_SHA256, RECIPE, MAX_TOKENS]))
