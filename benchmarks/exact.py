"""The exact tool on tasks with an answer: constraints of types, elements of messages.

    python -m benchmarks.exact [--tasks 200] [--seed 1]

Half of the tasks ask for the range, values or size of a type, half for the mandatory or the
optional elements of a message, drawn by seed over seven specifications. The gold is read from the
text of pycrate's modules with regular expressions (types by their own assignments, elements from
the sets ``...-IEs``); the tool walks the compiled objects (elements from the table constraint of
the message). An answer counts where it is the same and cites the specification and the ASN.1
module that hold the assignment. Prints a table, writes ``benchmarks/results/exact.json``.
"""

import argparse
import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import code, machine
from contracts.errors import RanwrightError
from knowledge.asn1.find import Asn1Fact, find_asn1

RESULTS = Path(__file__).parent / "results" / "exact.json"
SPECIFICATIONS = {
    "RRCNR": "TS 38.331",
    "NGAP": "TS 38.413",
    "XnAP": "TS 38.423",
    "F1AP": "TS 38.473",
    "E1AP": "TS 37.483",
    "NRPPa": "TS 38.455",
    "E2AP": "O-RAN.WG3.E2AP",
}
_BLOCK = re.compile(r"^class (\w+):\n\n    _name_  = '([\w-]+)'", re.MULTILINE)
_TYPE = re.compile(
    r"^    ([A-Za-z]\w*) = \w+\(name='([\w-]+)', mode=MODE_TYPE(?:, [^\n]*)?\)$", re.MULTILINE
)
_STATED = re.compile(r"^    ([A-Za-z]\w*)\.(_const_val|_const_sz|_cont) = (.*)$", re.MULTILINE)
_RANGE = re.compile(r"rr=\[ASN1RangeInt\(lb=(-?\d+), ub=(-?\d+)\)\]")
_ENTRY = re.compile(r"\('([\w-]+)', \d+\)")
_CONSTANT = re.compile(
    r"name='id-([\w-]+)', mode=MODE_VALUE, typeref=ASN1RefType\(\('[\w-]+', 'ProtocolIE-ID'\)\)\)\n"
    r"    \w+\._val = (\d+)"
)
_SET = re.compile(r"^    (\w+) = CLASS\(name='([\w-]+?)-?IEs', mode=MODE_SET", re.MULTILINE)
_ROW = re.compile(r"\('id', (\d+)\).*?\('presence', '(\w+)'\)")


@dataclass(frozen=True)
class Task:
    """A question with its gold: what the answer says, and where it stands."""

    kind: str
    module: str
    name: str
    block: str
    gold: object


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tasks = draw(asked.tasks, asked.seed)
    rows = [judge(task) for task in tasks]
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "seed": asked.seed,
        "by_kind": summary(rows, "kind"),
        "by_specification": summary(rows, "spec"),
        "wrong": [row for row in rows if not row["right"]],
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(document)


def draw(count: int, seed: int) -> list[Task]:
    """Tasks of every specification in turn, half of constraints, half of messages."""
    chance = random.Random(seed)
    pools: dict[tuple[str, str], list[Task]] = {}
    for module in SPECIFICATIONS:
        text = source(module)
        for task in (*constraints(module, text), *messages(module, text)):
            kind = "elements" if task.kind.endswith("elements") else "constraint"
            pools.setdefault((kind, module), []).append(task)
    for pool in pools.values():
        chance.shuffle(pool)
    drawn: list[Task] = []
    for kind in ("constraint", "elements"):
        own = [pool for (k, _), pool in pools.items() if k == kind]
        while sum(t.kind.endswith("elements") is (kind == "elements") for t in drawn) < count // 2:
            drawn += [pool.pop() for pool in own if pool]
    half = count // 2
    return [t for t in drawn if not t.kind.endswith("elements")][:half] + [
        t for t in drawn if t.kind.endswith("elements")
    ][: count - half]


def source(module: str) -> str:
    found = find_spec(f"pycrate_asn1dir.{module}")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the ASN.1 modules in a file."""
    starts = list(_BLOCK.finditer(text))
    borders = [*(m.start() for m in starts), len(text)]
    for match, end in zip(starts, borders[1:], strict=True):
        yield match[2], text[match.start() : end]


def constraints(module: str, text: str) -> Iterator[Task]:
    for block, body in blocks(text):
        stated = {(own, what): line for own, what, line in _STATED.findall(body)}
        for own, name in _TYPE.findall(body):
            for kind, what in (("range", "_const_val"), ("size", "_const_sz")):
                found = _RANGE.search(stated.get((own, what), ""))
                if found:
                    yield Task(kind, module, name, block, [int(found[1]), int(found[2])])
            entries = stated.get((own, "_cont"), "")
            if entries.startswith("ASN1Dict([('") and re.search(rf"^    {own} = ENUM", body, re.M):
                literals = [v for v in _ENTRY.findall(entries) if not re.fullmatch(r"spare\d*", v)]
                yield Task("values", module, name, block, literals)


def messages(module: str, text: str) -> Iterator[Task]:
    names: dict[str, str] = {}
    for name, number in _CONSTANT.findall(text):
        names.setdefault(number, name)
    for block, body in blocks(text):
        for own, name in _SET.findall(body):
            if f"    _{name.replace('-', '_')}_protocolIEs = " not in body:
                continue  # the elements of an item or an extension, not of a message
            line = re.search(rf"^    {own}\._val = .*$", body, re.MULTILINE)
            rows = _ROW.findall(line[0]) if line else []
            for presence in ("mandatory", "optional"):
                gold = sorted(names[n] for n, found in rows if found == presence)
                yield Task(f"{presence} elements", module, name, block, gold)


def judge(task: Task) -> dict[str, object]:
    began = time.perf_counter()
    try:
        found = [f for f in find_asn1(f"{task.module}:{task.name}") if f.name == task.name]
    except RanwrightError as error:
        found, told = [], error.code
    else:
        told = ""
    time_ms = 1000.0 * (time.perf_counter() - began)
    answers = [answer(task, fact) for fact in found]
    cited = [
        fact.citation.spec == SPECIFICATIONS[task.module] and fact.asn1_module == task.block
        for fact in found
    ]
    right = len(answers) == 1 and answers[0] == task.gold
    return {
        "kind": task.kind,
        "spec": SPECIFICATIONS[task.module],
        "name": task.name,
        "right": right and all(cited),
        "answer_right": right,
        "citation_right": bool(cited) and all(cited),
        "gold": task.gold,
        "answer": answers or told,
        "time_ms": round(time_ms, 2),
    }


def answer(task: Task, fact: Asn1Fact) -> object:
    if task.kind == "range":
        return [fact.low, fact.high]
    if task.kind == "values":
        return list(fact.literals or ())
    if task.kind == "size":
        return list(fact.size or ())
    presence = task.kind.split()[0]
    return sorted(m.name for m in fact.members if m.presence == presence)


def summary(rows: list[dict[str, object]], by: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for group in dict.fromkeys(str(row[by]) for row in rows):
        own = [row for row in rows if row[by] == group]
        times = [float(str(row["time_ms"])) for row in own]
        found[group] = {
            "tasks": len(own),
            "answer_right": sum(bool(row["answer_right"]) for row in own),
            "citation_right": sum(bool(row["citation_right"]) for row in own),
            "right": sum(bool(row["right"]) for row in own),
            "median_ms": round(float(np.median(times)), 2),
        }
    return found


def show(document: dict[str, object]) -> None:
    for by in ("by_kind", "by_specification"):
        groups = document[by]
        assert isinstance(groups, dict)
        table = Table(title=by.replace("_", " "), title_justify="left")
        for column in ("", "tasks", "answer right", "citation right", "both", "median ms"):
            table.add_column(column)
        for name, row in groups.items():
            table.add_row(name, *(str(value) for value in row.values()))
        Console().print(table)


if __name__ == "__main__":
    main()
