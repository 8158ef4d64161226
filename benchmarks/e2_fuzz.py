"""Whether any octets at all make an E2 decoder crash, hang or contradict itself.

    python -m benchmarks.e2_fuzz [--inputs 10000000] [--workers 2]

Every decoder is fuzzed in a process of its own by atheris: libFuzzer with the coverage of
``contracts.e2``, generated codecs included. What decodes must be encoded, and be itself again.
Prints a table and writes ``benchmarks/results/e2_fuzz.json``; inputs that broke a decoder stay in
``benchmarks/results/e2_fuzz_findings/``.
"""

import argparse
import gc
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType
from typing import Any

from rich.console import Console
from rich.table import Table

from contracts.e2.ap import E2apVersion, decode_pdu, encode_pdu, peek
from contracts.e2.known import SERVICE_MODELS
from contracts.e2.tree import payloads
from contracts.errors import RanwrightError

RESULTS = Path(__file__).parent / "results" / "e2_fuzz.json"
FINDINGS = RESULTS.parent / "e2_fuzz_findings"
VECTORS = Path(__file__).parents[1] / "tests" / "contracts" / "e2" / "vectors"
UNIT_TIMEOUT_S = 5
MEMORY_LIMIT_MB = 2048
LONGEST_OCTETS = 4096
_STATISTICS = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")

Row = dict[str, object]
Target = Callable[[bytes], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000, help="over all decoders")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.target:
        _fuzz(arguments.target, arguments.rest)
        return
    rows = _all(arguments.inputs, arguments.workers)
    _write(rows, arguments.output)
    _print(rows)


def _targets() -> dict[str, Target]:
    targets: dict[str, Target] = {
        f"E2AP v{version}": _pdu_target(version) for version in (E2apVersion.V2, E2apVersion.V3)
    }
    targets["E2AP peek"] = _refusing(peek)
    for model in SERVICE_MODELS:
        for kind, decoder in model.decoders.items():
            targets[f"{model.name} {kind}"] = _refusing(decoder)
    return targets


def _pdu_target(version: E2apVersion) -> Target:
    def run(octets: bytes) -> None:
        try:
            pdu = decode_pdu(octets, version)
        except RanwrightError:
            return
        again = encode_pdu(pdu, version)
        if decode_pdu(again, version) != pdu:
            raise AssertionError("the message is another one after encoding and decoding")

    return run


def _refusing(decoder: Callable[[bytes], Any]) -> Target:
    def run(octets: bytes) -> None:
        try:
            decoder(octets)
        except RanwrightError:
            return

    return run


def _fuzz(name: str, options: list[str]) -> None:
    """Run libFuzzer in this process; it ends the process."""
    import atheris

    target = _targets()[name]
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and _is_ours(one):
            atheris.instrument_func(one)
    atheris.Setup([sys.argv[0], *options], target)
    atheris.Fuzz()


def _is_ours(function: FunctionType) -> bool:
    file = function.__code__.co_filename
    return file.startswith("<aligned PER") or "/contracts/e2/" in file


def _all(inputs: int, workers: int) -> list[Row]:
    names = list(_targets())
    weights = {name: 10 if name.startswith("E2AP v") else 1 for name in names}
    total = sum(weights.values())
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        futures = [
            pool.submit(_run, name, inputs * weights[name] // total + 1, Path(folder))
            for name in names
        ]
        return [future.result() for future in futures]


def _run(name: str, inputs: int, folder: Path) -> Row:
    corpus = folder / name.replace(" ", "_").replace("/", "_")
    corpus.mkdir()
    for number, octets in enumerate(_seeds(name)):
        (corpus / f"{number:03}").write_bytes(octets)
    FINDINGS.mkdir(parents=True, exist_ok=True)
    options = (
        f"-runs={inputs}",
        f"-timeout={UNIT_TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_LIMIT_MB}",
        f"-max_len={LONGEST_OCTETS}",
        f"-artifact_prefix={FINDINGS}/{corpus.name}-",
        "-print_final_stats=1",
        "-verbosity=1",
        str(corpus),
    )
    command = [sys.executable, "-m", "benchmarks.e2_fuzz", "--target", name, "--", *options]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - began
    return _row(name, done, wall_s)


def _row(name: str, done: subprocess.CompletedProcess[str], wall_s: float) -> Row:
    statistics = dict(_STATISTICS.findall(done.stderr))
    coverage = _COVERAGE.findall(done.stderr)
    if not statistics:
        raise SystemExit(f"{name}: the fuzzer did not run\n{done.stderr[-2000:]}")
    executed = int(statistics["number_of_executed_units"])
    edges, features, kept = map(int, coverage[-1]) if coverage else (0, 0, 0)
    return {
        "decoder": name,
        "inputs": executed,
        "findings": 0 if done.returncode == 0 else 1,
        "finding": None if done.returncode == 0 else _finding(done.stderr),
        "edges": edges,
        "features": features,
        "corpus": kept,
        "slowest_input_s": int(statistics["slowest_unit_time_sec"]),
        "peak_memory_mb": int(statistics["peak_rss_mb"]),
        "wall_s": round(wall_s, 1),
        "inputs_per_s": round(executed / wall_s),
    }


def _finding(log: str) -> str:
    lines = [line for line in log.splitlines() if "Error" in line or "ERROR" in line]
    return lines[0][:300] if lines else "the process ended"


def _seeds(name: str) -> list[bytes]:
    pdus = _vectors()
    if name.startswith("E2AP"):
        return pdus
    kind = next(k for m in SERVICE_MODELS for k in m.decoders if name == f"{m.name} {k}")
    found = [p.octets for one in pdus for p in payloads(decode_pdu(one).message) if p.kind == kind]
    return found or [b"\0"]


def _vectors() -> list[bytes]:
    public = json.loads((VECTORS / "public_vectors.json").read_text(encoding="utf-8"))
    captured = (VECTORS / "pyric_flexric_e2apv3_kpm201std.jsonl").read_text(encoding="utf-8")
    rows = public + [json.loads(line) for line in captured.splitlines() if line]
    return [octets for row in rows if _decodes(octets := bytes.fromhex(row["hex"]))]


def _decodes(octets: bytes) -> bool:
    try:
        decode_pdu(octets)
    except RanwrightError:
        return False
    return True


def _write(rows: list[Row], output: Path) -> None:
    from benchmarks.machine import code, machine

    document = {
        "inputs": sum(int(str(row["inputs"])) for row in rows),
        "findings": sum(int(str(row["findings"])) for row in rows),
        "unit_timeout_s": UNIT_TIMEOUT_S,
        "longest_octets": LONGEST_OCTETS,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "rows": rows,
    }
    output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _print(rows: list[Row]) -> None:
    table = Table("decoder", "inputs", "findings", "edges", "corpus", "slowest s", "MB", "inputs/s")
    for row in rows:
        keys = ("inputs", "findings", "edges", "corpus", "slowest_input_s", "peak_memory_mb")
        table.add_row(
            str(row["decoder"]), *(f"{row[key]}" for key in keys), str(row["inputs_per_s"])
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
