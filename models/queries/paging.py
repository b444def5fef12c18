"""Orders of the ledger and the places in them: keyset cursors, stable under ties and inserts.

An order is a row of segments, each read along an index: "nearest deadline" first follows the
deadlines of running tasks, then comes whatever has none. A cursor names the segment and the keys
of the last row seen, so the thousandth page costs what the first does.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, exists, or_, select

from config.clock import YEARS
from models import tables
from models.aliases import shared_alias
from models.queries.running import is_running, literally

_I, _T = tables.issue.c, shared_alias(tables.task, "leading")
_OTHER = shared_alias(tables.task, "other")
LIGHTS = ("red", "yellow", "green", "grey")


class BadCursor(ValueError):
    """A cursor that this program has not made, or that belongs to another order."""


@dataclass(frozen=True, slots=True)
class Key:
    """A column to order by."""

    column: ColumnElement[Any]
    descending: bool = False
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an order: its rows and their keys; the last key is always unique.

    `leading` is the condition under which a row of `task` stands for its issue, where the order
    follows tasks.
    """

    keys: tuple[Key, ...]
    where: tuple[ColumnElement[bool], ...] = ()
    leading: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an order: read on after (or before) these keys of that segment."""

    segment: int
    values: tuple[Any, ...]
    backwards: bool = False


_NEWEST, _OLDEST = Key(_I.id, descending=True), Key(_I.id)


def _stands_for(better: ColumnElement[bool], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """A running task for which no better running one exists in its issue."""
    rival = exists().where(_OTHER.c.issue_id == _T.c.issue_id, is_running(_OTHER.c), better)
    return and_(is_running(_T.c), *more, ~rival)


def _none_has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """No running task of the issue is like this."""
    return ~exists().where(_OTHER.c.issue_id == _I.id, is_running(_OTHER.c), *conditions)


_o, _t = _OTHER.c, _T.c
_NEARER = and_(
    _o.due_at.is_not(None),
    or_(_o.due_at < _t.due_at, and_(_o.due_at == _t.due_at, _o.id < _t.id)),
)
_HIGHER = or_(_o.level > _t.level, and_(_o.level == _t.level, _o.id < _t.id))

ORDERS: dict[str, tuple[Segment, ...]] = {
    "newest": (Segment((_NEWEST,)),),
    "oldest": (Segment((_OLDEST,)),),
    "updated": (Segment((Key(_I.state_since, descending=True, moment=True), _NEWEST)),),
    "deadline": (
        Segment(
            (Key(_t.due_at, moment=True), Key(_t.id)),
            leading=_stands_for(_NEARER, _t.due_at.is_not(None)),
        ),
        Segment((_NEWEST,), (_none_has(_o.due_at.is_not(None)),)),
    ),
    "level": (
        Segment(
            (Key(_t.level, descending=True), Key(_t.id, descending=True)),
            leading=_stands_for(_HIGHER, _t.level > 0),
        ),
        Segment((_NEWEST,), (_none_has(_o.level > 0),)),
    ),
    "light": tuple(Segment((_NEWEST,), (literally(_I.light, (light,)),)) for light in LIGHTS),
}
"""Orders by name; ties go to the newest issue (or, along tasks, the older task)."""


def statement(segment: Segment, conditions: Sequence[ColumnElement[bool]], place: Place) -> Any:
    """Ids of issues of a segment that meet the conditions, on from a place, with their keys."""
    columns = [key.column.label(f"k{n}") for n, key in enumerate(segment.keys)]
    chosen = select(_I.id, *columns)
    if segment.leading is not None:
        chosen = chosen.join(_T, _t.issue_id == _I.id).where(segment.leading)
    chosen = chosen.where(*segment.where, *conditions)
    if place.values:
        chosen = chosen.where(_beyond(segment.keys, place))
    return chosen.order_by(
        *(
            k.column.desc() if k.descending != place.backwards else k.column.asc()
            for k in segment.keys
        )
    )


def _beyond(keys: tuple[Key, ...], place: Place) -> ColumnElement[bool]:
    """Rows after the place in the order of the keys: (a, b) > (x, y), spelt out by direction."""
    first, value = keys[0], place.values[0]
    down = first.descending != place.backwards
    further: ColumnElement[bool] = first.column < value if down else first.column > value
    if len(keys) == 1:
        return further
    rest = Place(place.segment, place.values[1:], place.backwards)
    bound = first.column <= value if down else first.column >= value  # an index can start here
    return and_(bound, or_(further, _beyond(keys[1:], rest)))


def write_cursor(order: str, place: Place) -> str:
    """A place as an opaque text."""
    values = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in place.values]
    raw = json.dumps([order, place.segment, int(place.backwards), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def read_cursor(order: str, cursor: str) -> Place:
    """The place that a cursor names. Raises `BadCursor` for anything that is not one of ours."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        named, segment, backwards, *values = json.loads(raw)
        if named != order or type(segment) is not int or segment < 0 or backwards not in (0, 1):
            raise BadCursor(cursor)
        keys = ORDERS[order][segment].keys
        if len(values) != len(keys):
            raise BadCursor(cursor)
        pairs = zip(keys, values, strict=True)
        return Place(segment, tuple(_value(k, v) for k, v in pairs), bool(backwards))
    except (ValueError, TypeError, IndexError, binascii.Error, RecursionError) as error:
        raise BadCursor("malformed cursor") from error


def _value(key: Key, value: Any) -> Any:
    if key.moment:
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is None or moment.year not in YEARS:
            raise BadCursor("no moment of ours")
        return moment
    bits = 63 if isinstance(key.column.type, BigInteger) else 31
    if type(value) is not int or not -(2**bits) <= value < 2**bits:
        raise BadCursor("no number of ours")
    return value
