"""Known-item questions on generated specifications: clause chunks against fixed ones."""

import json
import random
from pathlib import Path

import numpy as np

from benchmarks.retrieval.measures import Query, Row, rank, summary
from benchmarks.specimen.family import PROTOCOLS, Question, family
from knowledge import encoder
from knowledge.chunks import split
from knowledge.clause_search import search
from knowledge.fusion import fuse
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.lexical import Lexical
from knowledge.retrieve import chosen, clause_index, passages, stands
from knowledge.tokens import plain

TEST_SEED = 2
_FIXED_CHARS = 500
_FETCH = 100
_ABSENT = ("Quorum Vote", "Mirror Copy", "Tide Forecast", "Ballast Shift", "Lantern Check")


def measured(folder: Path, negatives: list[Query]) -> list[Row]:
    """Rows of the design, its parts, and fixed chunks; abstention and inventions."""
    archives, questions = family(TEST_SEED)
    for name, data in archives.items():
        (folder / name).write_bytes(data)
    with Store(folder / "store.sqlite") as store:
        reports = ingest(sorted(folder.glob("*.zip")), store)
        assert all(report.error is None for report in reports)
        return _rows(store, questions, negatives)


def on_store(path: Path, asked: Path, negatives: list[Query]) -> list[Row]:
    """The same on specifications that a user has ingested.

    Args:
        path: the store.
        asked: JSON lines with `text`, `spec` and `number` of the clause that answers.
    """
    lines = asked.read_text(encoding="utf-8").splitlines()
    questions = [Question(**json.loads(line)) for line in lines if line.strip()]
    with Store(path) as store:
        return _rows(store, questions, negatives)


def _rows(store: Store, questions: list[Question], negatives: list[Query]) -> list[Row]:
    return [
        {"method": "clause chunks, whole design", **summary(_whole(store, questions))},
        {"method": "clause chunks, returned passages", **summary(_returned(store, questions))},
        *_fixed(store, questions),
        _abstention(store, questions, negatives),
    ]


def _whole(store: Store, questions: list[Question]) -> list[int]:
    index = clause_index(store, chosen(store))
    ranks = []
    for question in questions:
        hits = search(index, question.text, 10).hits
        found = [f"{h.place.entry.spec} {index.clause(store, h.place).number}" for h in hits]
        ranks.append(rank(found, (f"{question.spec} {question.number}",)))
    return ranks


def _returned(store: Store, questions: list[Question]) -> list[int]:
    return [
        rank(
            [f"{p.spec} {p.number}" for p in passages(question.text, 10, store)],
            (f"{question.spec} {question.number}",),
        )
        for question in questions
    ]


def _fixed(store: Store, questions: list[Question]) -> list[Row]:
    """Each 500 characters of a document's text; the chunk counts for the clause most of it is."""
    texts: list[str] = []
    owners: list[str] = []
    for entry in chosen(store):
        whole, marks = "", []
        for clause in store.document(entry).clauses:
            added = f"{clause.number} {clause.title}\n" + "\n".join(split(clause)) + "\n"
            marks += [f"{entry.spec} {clause.number}"] * len(added)
            whole += added
        for at in range(0, len(whole), _FIXED_CHARS):
            part = marks[at : at + _FIXED_CHARS]
            texts.append(whole[at : at + _FIXED_CHARS])
            owners.append(max(set(part), key=part.count))
    lexical = Lexical([plain(text) for text in texts])
    vectors = encoder.load().encode(texts)
    ranks: dict[str, list[int]] = {"BM25": [], "dense": [], "hybrid": []}
    for question in questions:
        gold = (f"{question.spec} {question.number}",)
        words = [place for place, _ in lexical.best(plain(question.text), _FETCH)]
        cosines = vectors @ encoder.load().query(question.text)
        near = [int(place) for place in np.argsort(-cosines, kind="stable")[:_FETCH]]
        fused = fuse([words, near], (2.0, 1.0))
        both = sorted(fused, key=lambda place: (-fused[place], place))
        for name, order in (("BM25", words), ("dense", near), ("hybrid", both)):
            found = list(dict.fromkeys(owners[place] for place in order))
            ranks[name].append(rank(found, gold))
    return [{"method": f"fixed 500, {name}", **summary(found)} for name, found in ranks.items()]


def _abstention(store: Store, questions: list[Question], negatives: list[Query]) -> Row:
    draw = random.Random(TEST_SEED)
    absent = [
        f"What does the {name} procedure of TS 38.{draw.randrange(960, 990)} do?"
        for name in _ABSENT
    ]
    absent += [f"Which message starts {name} in {p[0]}?" for name in _ABSENT for p in _protocols()]
    answers = [passages(query.text, 5, store) for query in negatives]
    near = [passages(text, 5, store) for text in absent]
    answered = [passages(question.text, 5, store) for question in questions]
    given = [passage for found in (*answers, *near, *answered) for passage in found]
    return {
        "method": "abstention",
        "answered": round(float(np.mean([bool(found) for found in answered])), 3),
        "abstained_outside": round(float(np.mean([not found for found in answers])), 3),
        "abstained_absent_procedures": round(float(np.mean([not found for found in near])), 3),
        "passages": len(given),
        "inventions": sum(not stands(passage, store) for passage in given),
    }


def _protocols() -> list[tuple[str, str, str]]:
    return list(PROTOCOLS.values())
