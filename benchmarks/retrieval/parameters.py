"""Ways to rank the dictionary's records for a question."""

import re
import sqlite3
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.retrieval.measures import Query, Row, rank, summary
from contracts.dictionary import records
from knowledge import card_search, minilm
from knowledge.card_search import CardSearch
from knowledge.cards import cards, context
from knowledge.fusion import fuse
from knowledge.lexical import Lexical
from knowledge.search import search
from knowledge.tokens import identifier_aware, plain

Scores = NDArray[np.float32]
Ranker = Callable[[str], list[str]]
_FETCH = 100


class Rankers:
    """All of them, over one dictionary."""

    def __init__(self, whole: CardSearch) -> None:
        self._whole = whole
        self._records = records()
        self._ids = [record.id for record in self._records]
        texts = [context(record) for record in self._records]
        self._plain = Lexical([plain(text) for text in texts])
        self._words = Lexical([identifier_aware(text) for text in texts])
        self._names = Lexical([_grams(f"{r.path} {r.name}") for r in self._records])
        self._porter = sqlite3.connect(":memory:")
        self._porter.execute("CREATE VIRTUAL TABLE card USING fts5(text, tokenize='porter')")
        self._porter.executemany("INSERT INTO card VALUES (?)", ((text,) for text in texts))
        self._float: Scores | None = None

    def all(self) -> dict[str, Ranker]:
        """Rankers by name: rivals, the design, and the design with one part changed."""
        words, dense, names = self._bm25, self._whole.cosines, self._trigrams
        whole = self._sum
        return {
            "FTS5 porter": self._fts5,
            "BM25 plain": self._by(lambda q: self._plain.scores(plain(q))),
            "BM25 identifier-aware": self._by(words),
            "dense int8": self._by(dense),
            "dense float, NumPy": self._by(self._dense_float),
            "hybrid, rank fusion": self._fused(words, dense),
            "BM25 and concepts": self._by(self._concepts),
            "hybrid and concepts, rank fusion": self._fused(self._concepts, dense),
            "hybrid and concepts, sum": self._by(
                lambda q: self._concepts(q) + card_search.DENSE_WEIGHT * dense(q)
            ),
            "the same and name trigrams": self._by(lambda q: whole(q) + 0.3 * names(q)),
            "ranking (sum, spelling)": self._by(whole),
            "whole design": self._design,
        }

    def _by(self, scores: Callable[[str], Scores]) -> Ranker:
        def ranked(query: str) -> list[str]:
            found = scores(query)
            order = np.argsort(-found, kind="stable")[:_FETCH]
            return [self._ids[place] for place in order if found[place] > 0]

        return ranked

    def _fused(self, *lists: Callable[[str], Scores]) -> Ranker:
        def ranked(query: str) -> list[str]:
            rankings = []
            for scores in lists:
                found = scores(query)
                order = np.argsort(-found, kind="stable")[:_FETCH]
                rankings.append([int(place) for place in order if found[place] > 0])
            fused = fuse(rankings, (2.0, 1.0))
            return [self._ids[p] for p in sorted(fused, key=lambda p: (-fused[p], p))]

        return ranked

    def _fts5(self, query: str) -> list[str]:
        tokens = re.findall(r"[A-Za-z0-9]+", query)
        if not tokens:
            return []
        asked = " OR ".join(f'"{token}"' for token in tokens)
        rows = self._porter.execute(
            "SELECT rowid FROM card WHERE card MATCH ? ORDER BY bm25(card) LIMIT ?", (asked, _FETCH)
        )
        return [self._ids[row[0] - 1] for row in rows]

    def _bm25(self, query: str) -> Scores:
        return self._words.scores(identifier_aware(query))

    def _concepts(self, query: str) -> Scores:
        return self._whole.lexical(identifier_aware(query))

    def _sum(self, query: str) -> Scores:
        weight = np.float32(card_search.DENSE_WEIGHT)
        tokens = self._whole.tokens(query)
        return self._whole.lexical(tokens) + weight * self._whole.cosines(query)

    def _trigrams(self, query: str) -> Scores:
        return self._names.scores(_grams(query))

    def _design(self, query: str) -> list[str]:
        return [evidence.parameter_id for evidence in search(query, 10)]

    def _dense_float(self, query: str) -> Scores:
        texts = sorted(cards(), key=lambda card: len(card.text))
        if self._float is None:
            batches = [texts[at : at + 16] for at in range(0, len(texts), 16)]
            encode = minilm.load().encode
            self._float = np.concatenate([encode([c.text for c in batch]) for batch in batches])
        cosines = self._float @ minilm.load().encode([query])[0]
        place = {name: at for at, name in enumerate(self._ids)}
        found = np.zeros(len(self._ids), np.float32)
        for card, cosine in zip(texts, cosines, strict=True):
            if cosine >= card_search.ALIAS_FLOOR or card.is_meaning:
                at = place[card.parameter_id]
                found[at] = max(found[at], cosine)
        return found


def _grams(text: str) -> list[str]:
    letters = f"^{re.sub(r'[^a-z0-9]', '', text.lower())}$"
    return [letters[at : at + 3] for at in range(len(letters) - 2)]


def measured(rankers: dict[str, Ranker], part: str, queries: list[Query]) -> list[Row]:
    """A row for each ranker, over all questions of a part and over each style."""
    rows: list[Row] = []
    for name, ranker in rankers.items():
        ranks = [rank(ranker(query.text), query.gold) for query in queries]
        styles = {
            style: summary([r for r, q in zip(ranks, queries, strict=True) if q.style == style])
            for style in sorted({query.style for query in queries})
        }
        rows.append({"part": part, "method": name, **summary(ranks), "styles": styles})
    return rows


def judged(whole: CardSearch, part: str, queries: list[Query], negatives: list[Query]) -> Row:
    """How often what can be answered is answered, and what cannot is not."""
    answered = [bool(search(query.text, 5)) for query in queries]
    abstained = [not search(query.text, 5) for query in negatives]
    styles = sorted({query.style for query in negatives})
    return {
        "part": part,
        "answered": round(float(np.mean(answered)), 3),
        "abstained": round(float(np.mean(abstained)), 3),
        "abstained_by_style": {
            style: round(
                float(
                    np.mean(
                        [a for a, q in zip(abstained, negatives, strict=True) if q.style == style]
                    )
                ),
                3,
            )
            for style in styles
        },
    }
