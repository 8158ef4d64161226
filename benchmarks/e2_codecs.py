"""How long E2 payloads take to encode and decode, beside asn1tools and pycrate.

    [RANWRIGHT_ASN1=folder] python -m benchmarks.e2_codecs [--repeats 200]

Prints a table and writes ``benchmarks/results/e2_codecs.json``. The other codecs need O-RAN's ASN.1
text, which is not part of this project: ``RANWRIGHT_ASN1`` names a folder with
``e2sm-kpm-v03.00.asn`` and ``e2sm-rc-v05.00.asn``, each with E2SM-COMMON-IEs in front. "first" are
messages whose measurement lists were never seen, "recurring" those of a running subscription.
Times are the smallest and the median of single calls.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from contracts.e2.ap import (
    IndicationType,
    RicIndication,
    RicRequestId,
    decode_pdu,
    encode_pdu,
)
from contracts.e2.common.cells import Guami, SNssai, plmn_identity
from contracts.e2.common.ue import UeIdGnb, UeIdGnbDu
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.measurement import NO_LABEL
from contracts.e2.kpm.report import IndicationMessage, Record, Report, UeReport, UeReports
from contracts.e2.kpm.subscription import MeasurementInfo
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.rc.actions import SliceQuota, slice_prb_quota
from contracts.e2.rc.codec import rc
from contracts.e2.rc.version import RcVersion

RESULTS = Path(__file__).parent / "results" / "e2_codecs.json"
FOLDER = os.environ.get("RANWRIGHT_ASN1", "")
KPM = kpm(KpmVersion.V3_00).indication_message
RC = rc(RcVersion.V5_00).control_message
PLMN = plmn_identity("001", "01")
GUAMI = Guami(PLMN, 1, 2, 3)
KPM_TYPE, RC_TYPE = "E2SM-KPM-IndicationMessage", "E2SM-RC-ControlMessage"

Row = dict[str, object]
Work = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    rows = [
        *_kpm_rows("KPM format 1, 10 measurements", _cell_report, arguments.repeats),
        *_kpm_rows(
            "KPM format 3, 10 UEs x 5 measurements",
            lambda t: _ue_reports(10, t),
            arguments.repeats,
        ),
        *_kpm_rows(
            "KPM format 3, 100 UEs x 5 measurements",
            lambda t: _ue_reports(100, t),
            max(arguments.repeats // 10, 5),
        ),
        _rc_row(arguments.repeats),
        *_indication_rows(arguments.repeats),
    ]
    document = {
        "repeats": arguments.repeats,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(rows)


def _infos(number: int, tag: str) -> tuple[MeasurementInfo, ...]:
    names = ("DRB.UEThpDl", "DRB.UEThpUl", "RRU.PrbTotDl", "DRB.PdcpSduVolumeDL", "L1M.SS-RSRP")
    return tuple(MeasurementInfo(f"{names[i % 5]}{tag}", (NO_LABEL,)) for i in range(number))


def _cell_report(tag: str) -> IndicationMessage:
    chance = random.Random(1)
    values = tuple(chance.random() * 100 if i % 2 else chance.randrange(100_000) for i in range(10))
    return Report((Record(values),), _infos(10, tag), 1000)


def _ue_reports(ues: int, tag: str) -> IndicationMessage:
    chance = random.Random(1)
    infos = _infos(5, tag)
    return UeReports(
        tuple(
            UeReport(
                UeIdGnb(ue, GUAMI, gnb_cu_ue_f1ap_ids=(ue,), ran_ue_id=ue.to_bytes(8, "big")),
                Report((Record(_values(chance)),), infos, 1000),
            )
            for ue in range(ues)
        )
    )


def _values(chance: random.Random) -> tuple[int | float | None, ...]:
    return (
        chance.random() * 100,
        chance.randrange(100_000),
        None,
        chance.randrange(1 << 32),
        chance.random(),
    )


def _kpm_rows(name: str, make: Callable[[str], IndicationMessage], repeats: int) -> list[Row]:
    message = make("")
    octets = KPM.encode(message)
    assert KPM.decode(octets) == message
    numbers = count()
    fresh = [make(f".{next(numbers):06}") for _ in range(2 * repeats)]
    encoded = [KPM.encode(one) for one in fresh[repeats:]]
    first, second = iter(fresh[:repeats]), iter(encoded)
    ours = {
        "first": {
            "encode_us": _timed(lambda: KPM.encode(next(first)), repeats),
            "decode_us": _timed(lambda: KPM.decode(next(second)), repeats),
        },
        "recurring": {
            "encode_us": _timed(lambda: KPM.encode(message), repeats),
            "decode_us": _timed(lambda: KPM.decode(octets), repeats),
        },
    }
    return [
        {"payload": name, "octets": len(octets), "codec": f"ranwright, {kind}"} | times
        for kind, times in ours.items()
    ] + _others("kpm", "v03.00", KPM_TYPE, name, octets, max(repeats // 5, 3))


def _rc_row(repeats: int) -> Row:
    quotas = [SliceQuota(PLMN, SNssai(sst, b"\0\0\1"), 10, 60, 5) for sst in range(1, 5)]
    message = slice_prb_quota(UeIdGnbDu(1), quotas).message
    octets = RC.encode(message)
    assert RC.decode(octets) == message
    return {
        "payload": "RC slice PRB quota, 4 slices",
        "octets": len(octets),
        "codec": "ranwright",
        "encode_us": _timed(lambda: RC.encode(message), repeats),
        "decode_us": _timed(lambda: RC.decode(octets), repeats),
    }


def _indication_rows(repeats: int) -> list[Row]:
    """E2AP around a KPM message; pycrate brings its own E2AP."""
    from pycrate_asn1dir import E2AP

    pdu = RicIndication(
        request_id=RicRequestId(123, 1),
        ran_function_id=2,
        action_id=1,
        type=IndicationType.REPORT,
        header=bytes(12),
        message=KPM.encode(_ue_reports(10, "")),
    )
    octets = encode_pdu(pdu)
    other = E2AP.E2AP_PDU_Descriptions.E2AP_PDU
    other.from_aper(octets)
    plain = other.get_val()

    def encode() -> object:
        other.set_val(plain)
        return other.to_aper()

    assert encode() == octets
    works: dict[str, tuple[Work, Work]] = {
        "ranwright": (lambda: encode_pdu(pdu), lambda: decode_pdu(octets)),
        "pycrate": (encode, lambda: other.from_aper(octets)),
    }
    return [
        {
            "payload": "E2AP RIC indication",
            "octets": len(octets),
            "codec": codec,
            "encode_us": _timed(write, repeats),
            "decode_us": _timed(read, repeats),
        }
        for codec, (write, read) in works.items()
    ]


def _others(model: str, label: str, kind: str, name: str, octets: bytes, repeats: int) -> list[Row]:
    path = Path(FOLDER) / f"e2sm-{model}-{label}.asn"
    if not FOLDER or not path.exists():
        return []
    rows: list[Row] = []
    for codec, (encode, decode) in _foreign(path, kind, octets).items():
        written = encode()
        assert isinstance(written, bytes)
        assert KPM.decode(written) == KPM.decode(octets)
        rows.append(
            {
                "payload": name,
                "octets": len(octets),
                "codec": codec,
                "encode_us": _timed(encode, repeats),
                "decode_us": _timed(decode, repeats),
            }
        )
    return rows


def _foreign(path: Path, kind: str, octets: bytes) -> dict[str, tuple[Work, Work]]:
    import asn1tools
    from pycrate_asn1c.asnproc import GLOBAL, compile_text
    from pycrate_asn1c.generator import PycrateGenerator

    spec: Any = asn1tools.compile_files([str(path)], "per")
    value = spec.decode(kind, octets)
    GLOBAL.clear()
    compile_text(path.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "generated.py"
        PycrateGenerator(str(target))
        source = target.read_text("utf-8")
    scope: dict[str, Any] = {}
    exec(compile(source, "<pycrate>", "exec"), scope)
    module = next(m for n, m in scope.items() if n.startswith("E2SM_") and "COMMON" not in n)
    generated = getattr(module, kind.replace("-", "_"))
    generated.from_aper(octets)
    plain = generated.get_val()

    def encode() -> bytes:
        generated.set_val(plain)
        written: bytes = generated.to_aper()
        return written

    return {
        "asn1tools": (lambda: spec.encode(kind, value), lambda: spec.decode(kind, octets)),
        "pycrate": (encode, lambda: generated.from_aper(octets)),
    }


def _timed(work: Work, repeats: int) -> dict[str, float]:
    times_us = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times_us.append(1e6 * (time.perf_counter() - begin))
    return {
        "smallest": round(min(times_us), 1),
        "median": round(statistics.median(times_us), 1),
    }


def _print(rows: list[Row]) -> None:
    table = Table("payload", "octets", "codec", "encode us min / p50", "decode us min / p50")
    for row in rows:
        encode, decode = row["encode_us"], row["decode_us"]
        assert isinstance(encode, dict)
        assert isinstance(decode, dict)
        table.add_row(
            str(row["payload"]),
            str(row["octets"]),
            str(row["codec"]),
            f"{encode['smallest']} / {encode['median']}",
            f"{decode['smallest']} / {decode['median']}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
