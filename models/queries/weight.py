"""How much memory a figure holds, near enough to bound a store of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from sys import getsizeof
from typing import Any

from sqlalchemy import Row

_WHOLE = (str, bytes, bytearray, array, int, float, date, timedelta, type, type(None))
"""What refers to nothing else."""


def weigh(*values: Any) -> int:
    """Bytes of these values with all they refer to, each object counted once."""
    total, seen, left = 0, set[int](), list(values)
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        total += getsizeof(one)
        if not isinstance(one, _WHOLE):
            left.extend(_parts(one))
    return total


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return (*value.keys(), *value.values())
    if isinstance(value, (list, tuple, set, frozenset, Row)):
        return list(value)
    named = [name for kind in type(value).__mro__ for name in _slots(kind)]
    parts = [getattr(value, name) for name in named if hasattr(value, name)]
    return [*parts, *getattr(value, "__dict__", {}).values()]


def _slots(kind: type) -> tuple[str, ...]:
    found = kind.__dict__.get("__slots__", ())
    names = (found,) if isinstance(found, str) else tuple(found)
    return tuple(name for name in names if not name.startswith("__"))
