"""Issues that the clock proposes of slipping milestones (S0 0.8); a person reports or dismisses.

A milestone slips when it is overdue, or due soon, unfinished and critical. It is proposed once for
each version of its plan: what was dismissed comes back only after its date was changed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, insert, not_, or_, select, true

from config.i18n import gettext as _
from config.i18n import language
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects import history
from projects.access import refuse_stale
from projects.milestones.base import Changed, begin, change, needed, refuse
from projects.milestones.linking import tie
from workflow.case import not_visible
from workflow.commands.discovery import Report
from workflow.commands.discovery import report as report_issue
from workflow.context import context

_Q, _M = tables.milestone_proposal, tables.milestone
SOURCE = "milestone"


def slipping(s: Session, milestone_id: int | None = None) -> list[Any]:
    """Milestones that slip and are not proposed under their present plan; of all, or this one."""
    known = exists().where(
        _Q.c.milestone_id == _M.c.id, _Q.c.plan_version == _M.c.plan_version
    )  # fmt: skip
    chosen = select(_M.c.id, _M.c.project_id, _M.c.plan_version, _M.c.light).where(
        _M.c.actual_on.is_(None), _M.c.dropped_on.is_(None), not_(known),
        or_(_M.c.light == "red", and_(_M.c.light == "yellow", _M.c.critical == true())),
        true() if milestone_id is None else _M.c.id == milestone_id,
    )  # fmt: skip
    return list(s.execute(chosen.order_by(_M.c.id)))


def propose(s: Session, milestone: Any, now: datetime) -> None:
    """Propose an issue of a row of `slipping`, if it still slips: it may have been dated anew."""
    project = tables.project.c
    s.execute(select(project.id).where(project.id == milestone.project_id).with_for_update())
    if milestone not in slipping(s, milestone.id):
        return
    s.execute(
        insert(_Q).values(
            project_id=milestone.project_id, milestone_id=milestone.id, state="open",
            plan_version=milestone.plan_version, made_at=now, version=1,
            cause="overdue" if milestone.light == "red" else "due_soon",
        )
    )  # fmt: skip
    facts = {"milestone": milestone.id, "plan_version": milestone.plan_version}
    history.note(s, f"project:{milestone.project_id}", "milestone.proposed", facts, None, now)


def proposals(
    s: Session, actor: PersonInfo, *, states: Collection[str] = ("open",),
    project_id: int | None = None, limit: int = 200, before_id: int | None = None,
) -> list[Any]:  # fmt: skip
    """Proposals in the actor's scope with milestone and project, newest first."""
    p, issue = tables.project.c, tables.issue.c
    chosen = (
        select(
            _Q, _M.c.key, _M.c.name, _M.c.category, _M.c.plan_on, _M.c.light, _M.c.light_reason,
            _M.c.slack_wd, p.name.label("project"), issue.number.label("issue"),
        )
        .join(_M, _M.c.id == _Q.c.milestone_id)
        .join(tables.project, p.id == _Q.c.project_id)
        .outerjoin(tables.issue, issue.id == _Q.c.issue_id)
        .where(_Q.c.state.in_(states), visible_projects(actor, context(s).directory))
        .order_by(_Q.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    if project_id is not None:
        chosen = chosen.where(_Q.c.project_id == project_id)
    if before_id is not None:
        chosen = chosen.where(_Q.c.id < before_id)
    return list(s.execute(chosen))


def draft(s: Session, row: Any, project: Any) -> Report:
    """The report that a proposal is filled in with; whoever files it may change the words."""
    with language("zh_CN"):  # what enters the ledger is Chinese, whoever files it
        return _draft(s, row, project)


def _draft(s: Session, row: Any, project: Any) -> Report:
    m = s.execute(select(_M).where(_M.c.id == row.milestone_id)).one()
    unit = context(s).directory.unit_name(m.unit_id) or _("(unit not stated)")
    if row.cause == "overdue":
        title = _("Milestone overdue: {name}").format(name=m.name)
    else:
        title = _("Milestone at risk: {name}").format(name=m.name)
    text = _(
        "The milestone {name} was planned for {plan}; the earliest it can be reached is {early}. "
        "Responsible: {unit}. Slack against the target: {slack} working days."
    ).format(
        name=m.name, plan=m.plan_on, early=m.forecast_on, unit=unit,
        slack="-" if m.slack_wd is None else m.slack_wd,
    )  # fmt: skip
    return Report(
        title=title[:200], description=text, category=m.category, project=project.name,
        source_system=SOURCE, source_id=f"milestone:{m.id}:{row.plan_version}",
    )  # fmt: skip


def report(
    s: Session, *, actor: PersonInfo, proposal_id: int, now: datetime, title: str = "",
    description: str = "", category: str = "", expected_version: int | None = None,
) -> tuple[Changed, str]:  # fmt: skip
    """Make a proposal an issue of the loop, with other words where they are given."""
    row, project = _open(s, actor, proposal_id, expected_version)
    form = draft(s, row, project)
    form = Report(
        title=title or form.title, description=description or form.description,
        category=category or form.category, project=form.project,
        source_system=form.source_system, source_id=form.source_id,
    )  # fmt: skip
    number = report_issue(s, actor=actor, form=form, now=now).issue_number
    issue = tables.issue.c
    issue_id = int(s.execute(select(issue.id).where(issue.number == number)).scalar_one())
    tie(s, row.milestone_id, issue_id)
    version = change(
        s, _Q, row, state="reported", issue_id=issue_id, decided_at=now, decided_by_id=actor.id
    )
    facts = {"proposal": row.id, "milestone": row.milestone_id, "issue": number}
    history.note(s, f"project:{project.id}", "milestone.reported", facts, actor, now)
    return Changed(row.id, project.id, version), number


def dismiss(
    s: Session, *, actor: PersonInfo, proposal_id: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Say why a proposal is no issue."""
    row, project = _open(s, actor, proposal_id, expected_version)
    text = needed("reason", reason)
    version = change(
        s, _Q, row, state="dismissed", reason=text, decided_at=now, decided_by_id=actor.id
    )
    facts = {"proposal": row.id, "milestone": row.milestone_id, "reason": text}
    history.note(s, f"project:{project.id}", "milestone.dismissed", facts, actor, now)
    return Changed(row.id, project.id, version)


def _open(
    s: Session, actor: PersonInfo, proposal_id: int, expected_version: int | None
) -> tuple[Any, Any]:
    chosen = select(_Q).where(_Q.c.id == proposal_id)
    known = s.execute(chosen).first()
    if known is None:
        raise not_visible(str(proposal_id))
    project = begin(s, actor, known.project_id)
    row = s.execute(chosen).one()
    refuse_stale(row, expected_version)
    if row.state != "open":
        raise refuse(
            "proposal_decided", _("The proposal is decided already."), _("Nothing is to be done."),
        )  # fmt: skip
    return row, project
