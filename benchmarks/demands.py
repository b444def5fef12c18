"""`python -m benchmarks.demands`: how well like demands are found, by ways of cutting Chinese.

Every demand of data/labelled_demands.csv is asked for the others; those with the same mark in
`alike` should come first. recall@5: the share of them among the first five; MRR: the mean of one
over the place of the first. The category is proposed for each demand with the others as its past;
those marked `held_out` were written after the policy's words and are told apart, since words and
texts of the rest come from one hand.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import clock
from config.policy import Policy, parse_policy, shipped_policy
from models.db import Session
from projects.demands.suggesting import Past, suggest
from projects.search import finding, index
from projects.search.terms import terms_of

FILE = Path(__file__).resolve().parents[1] / "data" / "labelled_demands.csv"
Ranking = Callable[["Labelled"], list[int]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A demand with what is known of it."""

    id: int
    category: str
    alike: str
    text: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """What a way of searching reaches on the labelled set."""

    recall: float
    mrr: float


def labelled() -> list[Labelled]:
    """The shipped set."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [
            Labelled(
                int(row["id"]), row["category"], row["alike"], row["text"], bool(row["held_out"])
            )
            for row in csv.DictReader(file)
        ]


def quality(ranking: Ranking, known: list[Labelled]) -> Quality:
    """Recall among the first five and mean reciprocal rank over the demands that have others."""
    recalls, places = [], []
    for one in known:
        wanted = {o.id for o in known if o.alike and o.alike == one.alike} - {one.id}
        if wanted:
            found = [key for key in ranking(one) if key != one.id]
            recalls.append(len(wanted & set(found[:5])) / min(len(wanted), 5))
            places.append(next((1 / n for n, key in enumerate(found, 1) if key in wanted), 0.0))
    return Quality(sum(recalls) / len(recalls), sum(places) / len(places))


# ------------------------------------------------------------ SQLite's own ways


def unsegmented(one: str) -> list[str]:
    """As `unicode61` sees it: clauses between signs."""
    return [part for part in "".join(c if c.isalnum() else " " for c in one).split() if part]


def trigrams(one: str) -> list[str]:
    """Three characters each, as SQLite's `trigram` cuts."""
    return [part[n : n + 3] for part in unsegmented(one) for n in range(len(part) - 2)]


def longest_words(words: set[str]) -> Callable[[str], list[str]]:
    """Forward maximum matching over a list of words, as dictionary tokenizers work at heart."""
    most = max(map(len, words))

    def cut(one: str) -> list[str]:
        found, n = [], 0
        while n < len(one):
            size = next((k for k in range(most, 1, -1) if one[n : n + k] in words), 1)
            if size > 1:
                found.append(one[n : n + size])
            n += size
        return found

    return cut


@contextmanager
def fts5(cut: Callable[[str], list[str]], known: list[Labelled]) -> Iterator[Ranking]:
    """A ranking by FTS5's own bm25 over texts cut in this way."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(terms, tokenize='unicode61')")
    db.executemany(
        "INSERT INTO t (rowid, terms) VALUES (?, ?)", [(o.id, " ".join(cut(o.text))) for o in known]
    )

    def ranking(one: Labelled) -> list[int]:
        query = " OR ".join(f'"{term}"' for term in dict.fromkeys(cut(one.text)))
        if not query:
            return []
        rows = db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank", (query,))
        return [row[0] for row in rows]

    yield ranking
    db.close()


def of_index(s: Session, known: list[Labelled]) -> Ranking:
    """A ranking by the program's own index, filled with the set."""
    index.mark(s, lock=True)
    for one in known:
        index.put(s, index.DEMAND, one.id, one.text)
    index.count(s, clock.now())

    def ranking(one: Labelled) -> list[int]:
        return [hit.ref_id for hit in finding.find(s, one.text, limit=50)]

    return ranking


def pairs_only(one: str) -> list[str]:
    """As the program cuts, without single characters."""
    return [term for term in terms_of(one) if len(term) > 1]


def proposals(s: Session, known: list[Labelled], policy: Policy) -> dict[int, list[str]]:
    """The categories proposed for each demand of an index that `of_index` has filled."""
    by_id = {one.id: one for one in known}
    found = {}
    for one in known:
        past = [
            Past(by_id[hit.ref_id].category, str(hit.ref_id), hit.score)
            for hit in finding.find(s, one.text, leave_out=(index.DEMAND, one.id))
        ]
        found[one.id] = [each.category for each in suggest(policy, one.text, past)]
    return found


def accuracy(found: dict[int, list[str]], known: list[Labelled], most: int) -> float:
    """The share whose category is among the first `most` proposed."""
    return sum(one.category in found[one.id][:most] for one in known) / len(known)


def main() -> None:
    """Print a line for each way; never judges (tests/integration/test_search.py holds a floor)."""
    from benchmarks.office import database
    from models import migrate

    known, policy = labelled(), parse_policy(shipped_policy())
    words = {word for group in policy.demands.words.values() for word in group}
    ways = {
        "fts5 unicode61, uncut": unsegmented,
        "fts5 trigram": trigrams,
        "fts5 words of the policy": longest_words(words),
        "fts5 pairs of characters": pairs_only,
        "fts5 characters and pairs": terms_of,
    }
    for name, cut in ways.items():
        with fts5(cut, known) as ranking:
            _print(name, quality(ranking, known))
    for kind in ("sqlite", "postgresql"):
        with database(kind) as db:
            migrate.upgrade(db.url)
            with db.write() as s:
                _print(f"the index on {kind}", quality(of_index(s, known), known))
                _print_proposals(kind, proposals(s, known, policy), known)


def _print_proposals(kind: str, found: dict[int, list[str]], known: list[Labelled]) -> None:
    for name, part in (
        ("labelled", [one for one in known if not one.held_out]),
        ("held out", [one for one in known if one.held_out]),
    ):
        sys.stdout.write(
            f"category on {kind}, {name}: first {accuracy(found, part, 1):.3f}, "
            f"among three {accuracy(found, part, 3):.3f} ({len(part)})\n"
        )


def _print(name: str, found: Quality) -> None:
    sys.stdout.write(f"{name:28} recall@5 {found.recall:.3f}  MRR {found.mrr:.3f}\n")


if __name__ == "__main__":
    main()
