"""What the clock has done already: rungs fired and limits passed."""

from __future__ import annotations

import json

from sqlalchemy import select

from models import tables
from models.db import Session
from models.statements import PerDialect, among

Fired = dict[str, frozenset[tuple[int, str]]]
"""Rungs and limits on record, by subject: deadline version and key."""
_FIRED = PerDialect(
    lambda dialect: select(
        tables.rung_firing.c.subject,
        tables.rung_firing.c.deadline_version,
        tables.rung_firing.c.rung,
    ).where(among(tables.rung_firing.c.subject, dialect))
)


def already_fired(s: Session, subjects: list[str]) -> Fired:
    """What is on record for these subjects. The stored pointer only says when to look.

    So neither a clock that is behind another machine's, nor a calendar that moved a limit, nor
    time that stood still can make anything fire twice or not at all.
    """
    found: dict[str, set[tuple[int, str]]] = {subject: set() for subject in subjects}
    for row in _FIRED.all(s, {"keys": json.dumps(subjects)}) if subjects else ():
        found[row["subject"]].add((row["deadline_version"], row["rung"]))
    return {subject: frozenset(keys) for subject, keys in found.items()}
