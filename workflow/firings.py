"""What the clock has done already: rungs fired and limits passed."""

from __future__ import annotations

import json

from sqlalchemy import func, literal_column, select

from models import tables
from models.db import Session
from models.statements import PerDialect, among

Fired = dict[str, dict[int, frozenset[str]]]
"""Keys of the rungs and limits on record, by subject and deadline version."""
BETWEEN = ","
"""No key holds one: `task.climbed` lists them with it, too."""
_JOINED = {"sqlite": func.group_concat, "postgresql": func.string_agg}
FIRED = PerDialect(
    lambda dialect: (
        select(
            tables.rung_firing.c.subject,
            tables.rung_firing.c.deadline_version,
            _JOINED[dialect](tables.rung_firing.c.rung, literal_column(f"'{BETWEEN}'")).label(
                "keys"
            ),
        )
        .where(among(tables.rung_firing.c.subject, dialect))
        .group_by(tables.rung_firing.c.subject, tables.rung_firing.c.deadline_version)
    )
)


def already_fired(s: Session, subjects: list[str]) -> Fired:
    """What is on record for these subjects. The stored pointer only says when to look.

    So neither a clock that is behind another machine's, nor a calendar that moved a limit, nor
    time that stood still can make anything fire twice or not at all. The keys of a subject come in
    one row: of a step that is late for years there are hundreds.
    """
    found: Fired = {subject: {} for subject in subjects}
    for row in FIRED.all(s, {"keys": json.dumps(subjects)}) if subjects else ():
        found[row["subject"]][row["deadline_version"]] = frozenset(row["keys"].split(BETWEEN))
    return found
