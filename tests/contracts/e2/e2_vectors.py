"""The committed byte vectors; see vectors/README.md for their sources."""

import json
from pathlib import Path

_FOLDER = Path(__file__).parent / "vectors"


def e2ap_vectors() -> list[tuple[str, bytes]]:
    """Name and octets of every E2AP PDU."""
    rows = json.loads((_FOLDER / "public_vectors.json").read_text(encoding="utf-8"))
    public = [
        (f"{row['repo'].partition('/')[2]}-{row['line']}", bytes.fromhex(row["hex"]))
        for row in rows
        if "E2AP" in row.get("pycrate_exact", {})
        or row["path"].endswith("e2-setup-request_test.go")
    ]
    lines = (_FOLDER / "pyric_flexric_e2apv3_kpm201std.jsonl").read_text(encoding="utf-8")
    captured = [json.loads(line) for line in lines.splitlines() if line]
    return public + [
        (f"flexric-{number}", bytes.fromhex(row["hex"])) for number, row in enumerate(captured)
    ]
