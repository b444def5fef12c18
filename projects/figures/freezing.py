"""Corrections of frozen months, and what the clock does about the monthly figures.

A correction changes the rows and freezes the month again: the new edition differs from the one
before in the corrected figures alone. Frozen months later in the same year hold the year's figures
to date, so that they get a new edition with the same correction. Years that were closed before
stay as they were published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from config.i18n import gettext as _
from models import tables
from models.db import Database, Session
from models.directory import PersonInfo
from projects import months, snapshots
from projects.access import CHIEF, require
from projects.figures import commands as figures
from projects.figures.commands import Figure
from projects.figures.dates import due_on, freeze_on
from projects.figures.reminders import remind
from projects.sections.shared import yi_text
from projects.targets.actuals import Actual, write_actuals
from workflow.chain import instant
from workflow.errors import GuardFailed, Malformed, Reason

MOST_BEHIND = 12
"""So many months the clock makes up for."""


def correct(
    s: Session,
    *,
    month: str,
    reason: str,
    actor: PersonInfo,
    now: datetime,
    corrected: Sequence[Figure] = (),
    actuals: Sequence[Actual] = (),
) -> int:
    """Correct figures of a frozen month; the number of the new edition.

    For the chief, with a reason. Raises `NotAllowed`, `Malformed`, `StaleVersion`, `GuardFailed`
    for a month that is not frozen, or when nothing would change.
    """
    require(actor, CHIEF, _("Only the office chief corrects a frozen month."))
    month = months.checked(month)
    if not reason.strip():
        message = _("A correction needs a reason.")
        raise Malformed(Reason("reason", message, "reason", _("Write why it is corrected.")))
    snapshots.exclude_reports(s)
    if not snapshots.latest_edition(s, month):
        message = _("{month} is not frozen.").format(month=month)
        remedy = _("Report the figures; the month is still open.")
        raise GuardFailed(Reason("month_open", message, "month", remedy))
    figures.hold(s, [f.project_id for f in corrected])
    projects = figures.reportable(s, actor, [f.project_id for f in corrected])
    changed = figures.write(s, month, corrected, projects, actor, now)
    entered = write_actuals(s, month, actuals, actor, now)
    if not changed and not entered:
        message = _("Nothing would change.")
        raise GuardFailed(Reason("unchanged", message, remedy=_("Write the corrected figures.")))
    return _new_editions(s, month, changed, entered, reason, actor, now)


def _new_editions(
    s: Session, month: str, changed: Sequence[Figure], entered: Sequence[Actual], reason: str,
    actor: PersonInfo, now: datetime,
) -> int:  # fmt: skip
    frozen = {e.month for e in snapshots.editions(s, months.year_of(month))}
    gone = _moved_away(s, month, changed)
    edition = 0
    for one in sorted(name for name in frozen if name >= month):
        content = json.loads(json.dumps(snapshots.load(s, one).content))
        patch_figures(content, month, changed, gone)
        _patch_actuals(content, month, entered)
        content["as_of"] = instant(now)
        why = reason if one == month else _("Correction of {month}: {reason}").format(
            month=month, reason=reason
        )  # fmt: skip
        made = snapshots.store(s, one, content, actor, now, why)
        edition = made.edition if one == month else edition
    return edition


def _moved_away(s: Session, month: str, changed: Iterable[Figure]) -> list[int]:
    """Records merged into the corrected ones whose figures of the month moved to them: there they
    are corrected, and would count twice if they stayed where they were frozen."""
    p, m = tables.project.c, tables.project_month.c
    still = exists().where(m.project_id == p.id, m.month == month)
    chosen = select(p.id).where(p.merged_into_id.in_([f.project_id for f in changed]), ~still)
    return list(s.execute(chosen.order_by(p.id)).scalars())


def patch_figures(
    content: dict[str, Any], month: str, changed: Iterable[Figure], gone: Iterable[int] = ()
) -> None:
    """Put corrected figures into a content; the rest stays as it was frozen. `gone`: projects that
    have no figure of the month of their own any more."""
    rows = {row["id"]: row for row in content["figures"]}
    for key in gone:
        if key in rows:
            rows[key]["months"].pop(month, None)
    nothing = {"reported": None, "statistical": None}
    for figure in changed:
        row = rows.get(figure.project_id)
        if row is None:
            row = rows[figure.project_id] = {
                "id": figure.project_id, "months": {}, "last_year": dict(nothing),
                "last_year_whole": dict(nothing),
            }  # fmt: skip
        row["months"][month] = {
            "reported": yi_text(figure.reported_wan),
            "statistical": yi_text(figure.statistical_wan),
            "progress": figure.progress,
        }
    content["figures"] = [rows[key] for key in sorted(rows)]


def _patch_actuals(content: dict[str, Any], month: str, entered: Iterable[Actual]) -> None:
    rows = {row["id"]: row for plan in content["targets"] for row in plan["rows"]}
    for actual in entered:
        if actual.target_id in rows:
            value = None if actual.value is None else format(actual.value.normalize(), "f")
            rows[actual.target_id]["actuals"][month] = value


# ---------------------------------------------------------------- the clock


def run(db: Database, now: datetime) -> int:
    """Daily: remind of figures that are missing, and freeze the month on the policy's day."""
    with db.write() as s:
        month = months.reported_now(s, now)
        done = remind(s, month, due_on(s, month), now)
        behind = _behind(s, month, now)
    for one in behind:
        with db.write() as s:
            done += _freeze_by_clock(s, one, now)
    return done


def _behind(s: Session, last: str, now: datetime) -> list[str]:
    """Months that the clock is to freeze by now, oldest first: after an outage more than one."""
    frozen = max((edition.month for edition in snapshots.editions(s)), default="")
    found, one = [last], months.moved(last, -1)
    while frozen and one > frozen and len(found) < MOST_BEHIND:
        found, one = [one, *found], months.moved(one, -1)
    today = months.today(s, now)
    return [name for name in found if (day := freeze_on(s, name)) is not None and day <= today]


def _freeze_by_clock(s: Session, month: str, now: datetime) -> int:
    snapshots.exclude_reports(s)
    if snapshots.latest_edition(s, month):
        return 0
    snapshots.freeze(s, month, None, now)
    return 1
