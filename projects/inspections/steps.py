"""The life of an inspection after it is planned: begin, visit, close with its report, or drop."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, update

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import INSPECTORS, refuse_stale, require
from projects.inspections.found import ALIVE, find, refuse_state, require_member
from projects.inspections.plan import Done, advance
from projects.inspections.report import report_facts
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

_S = tables.inspection_site


def start(
    s: Session, *, actor: PersonInfo, inspection: int, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Set out. The first finding does so by itself."""
    row = find(s, actor, inspection, lock=True)
    require_member(s, actor, inspection)
    refuse_stale(row, expected_version)
    refuse_state(row, "planned")
    return advance(s, actor, row, "inspection.started", {}, now, state="under_way")


def visit(
    s: Session, *, actor: PersonInfo, inspection: int, project: int, now: datetime,
    on: date | None = None, remark: str = "",
) -> Done:  # fmt: skip
    """Note that a site was visited; a second time only the remark is changed."""
    row = find(s, actor, inspection, lock=True)
    require_member(s, actor, inspection)
    refuse_state(row, *ALIVE)
    today = context(s).calendar().local_date(now)
    if on is not None and on > today:
        text = _("The visit lies in the future.")
        raise Malformed(Reason("visit_ahead", text, "on", _("Give the day of the visit.")))
    own = (_S.c.inspection_id == inspection, _S.c.project_id == project)
    site = s.execute(select(_S).where(*own)).first()
    if site is None:
        raise not_visible(str(project))
    values = {
        "visited_on": on or site.visited_on or today, "visited_by_id": actor.id,
        "note": clean("remark", remark, most=500) or site.note,
    }  # fmt: skip
    s.execute(update(_S).where(*own).values(**values))
    state = "under_way" if row.state == "planned" else row.state
    data = {"project": project, **values}
    return advance(s, actor, row, "inspection.visited", data, now, state=state)


def close(
    s: Session, *, actor: PersonInfo, inspection: int, conclusion: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Close with a conclusion; the report is frozen. Nothing found may be left open."""
    require(actor, INSPECTORS)
    row = find(s, actor, inspection, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "under_way", "sent")
    conclusion = clean("conclusion", conclusion, most=4000, needed=True)
    finding = tables.finding.c
    left = select(func.count()).where(finding.inspection_id == row.id, finding.state == "open")
    n = int(s.execute(left).scalar_one())
    if n:
        text = _("{n} findings are neither issues nor settled.").format(n=n)
        raise GuardFailed(
            Reason("findings_open", text, "findings", _("Make issues of them first."))
        )
    report = report_facts(s, actor, row, now) | {"conclusion": conclusion}
    return advance(
        s, actor, row, "inspection.closed", {"conclusion": conclusion}, now,
        state="closed", closed_at=now, conclusion=conclusion, report=report,
    )  # fmt: skip


def drop(
    s: Session, *, actor: PersonInfo, inspection: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Give up what was only suggested or planned; the reason is kept."""
    require(actor, INSPECTORS)
    row = find(s, actor, inspection, lock=True)
    refuse_stale(row, expected_version)
    refuse_state(row, "suggested", "planned")
    reason = clean("reason", reason, most=1000, needed=True)
    return advance(
        s, actor, row, "inspection.dropped", {"reason": reason}, now,
        state="dropped", conclusion=reason,
    )  # fmt: skip
