"""Drawing by lot, so that anybody can draw again and finds the same.

Each member of the population gets a number between 0 and 1 from the seed and its own id, by the
function that also decides on look-backs (`workflow.commands.lookbacks.drawn`); the smallest are
chosen. The seed is the hash of the event that began the plan: nobody can choose it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.commands.lookbacks import drawn


@dataclass(frozen=True, slots=True)
class Chance:
    """A member of the population, its number, and whether it was chosen."""

    id: int
    number: float
    chosen: bool


def draw(seed: str, population: Iterable[int], size: int) -> tuple[Chance, ...]:
    """Everybody with their number, the chosen first; `size` of them, or all there are."""
    ranked = sorted((drawn(f"{seed}:{key}"), key) for key in set(population))
    return tuple(Chance(key, n, place < size) for place, (n, key) in enumerate(ranked))
