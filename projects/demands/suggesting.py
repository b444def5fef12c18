"""精准接单: which category and unit a demand is for, proposed with reasons. A person decides. Pure.

Two things speak for a category: the policy's words that stand in the text (`demands.words`), and
the category of what was like it before. Both are shown, so that a proposal can be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.policy import Policy
from config.policy_parts import BOARD

NEIGHBOURS = 5
"""So many like cases are heard."""
PAST_WEIGHT = 2.0
"""What all like cases together weigh, against 1 for a word of two characters."""
LONG_WORD = 0.5
"""What each further character of a word adds: a longer word says more."""


@dataclass(frozen=True, slots=True)
class Past:
    """A case like the demand: its category, the number to show, how like it is."""

    category: str
    number: str
    score: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category with what speaks for it. `share` is its part of all that speaks, 0 to 1; `unit`
    the code of the unit that the policy names for it, empty for an unknown town or street."""

    category: str
    unit: str
    share: float
    words: tuple[str, ...]
    past: tuple[str, ...]


def suggest(
    policy: Policy, content: str, past: Sequence[Past], *, board: str = "", most: int = 3
) -> list[Suggestion]:
    """The likeliest categories, best first; none where nothing speaks for any."""
    found = words_in(content, policy.demands.words)
    near = [one for one in past if one.category in policy.categories][:NEIGHBOURS]
    points = _points(found, near)
    whole = sum(points.values())
    best = sorted(points, key=lambda name: (-points[name], list(policy.categories).index(name)))
    return [
        Suggestion(
            name,
            _unit(policy, name, board),
            points[name] / whole,
            found.get(name, ()),
            tuple(one.number for one in near if one.category == name),
        )
        for name in best[:most]
    ]


def words_in(content: str, words: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The words of each category that stand in a text; one within a longer one is not told."""
    lowered = content.lower()
    found = {}
    for name, of_category in words.items():
        there = {word for word in of_category if word.lower() in lowered}
        own = [w for w in there if not any(w != other and w in other for other in there)]
        if own:
            found[name] = tuple(sorted(own, key=lowered.find))
    return found


def _points(found: Mapping[str, Sequence[str]], near: Sequence[Past]) -> dict[str, float]:
    points = {name: sum(map(_worth, words)) for name, words in found.items()}
    whole = sum(one.score for one in near)
    for one in near:
        points[one.category] = points.get(one.category, 0.0) + PAST_WEIGHT * one.score / whole
    return points


def _worth(word: str) -> float:
    return 1 + LONG_WORD * max(len(word) - 2, 0)


def _unit(policy: Policy, category: str, board: str) -> str:
    lead = policy.categories[category].lead
    return board if lead == BOARD else lead
