"""快速派单: what the office does with a demand. Issues are raised only through the closed loop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from projects.demands.base import (
    ANSWERED,
    DECLINED,
    DISPUTED,
    RECEIVED,
    STATES,
    TAKEN_UP,
    change,
    for_office,
    headline,
    wrong_state,
)
from projects.demands.described import described
from projects.demands.settling import is_open, issue_of, outcome
from projects.search.catching_up import catch_up
from workflow.accounts.secret import digest, new_secret
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.commands.discovery import Report, report
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason

SOURCE = "demand"
"""The source of issues that are raised here; their source's id is the demand's number."""
NO_PROJECT = "企业诉求，未对应库内项目"
"""Stored with the issue, hence in the office's language."""


@dataclass(frozen=True, slots=True)
class TakeUp:
    """The issue that a demand becomes; what is left empty is taken from the demand."""

    category: str
    title: str = ""
    board: str = ""
    project: str = ""
    urgent: bool | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leaves behind: the demand's state and version, and its issue's number."""

    number: str
    state: str
    version: int
    issue: str = ""
    secret: str = ""


def take_up(
    s: Session, *, actor: PersonInfo, demand: str, form: TakeUp, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Raise the issue that the demand is about; it is filed for the actor's unit.

    Raises what `workflow.commands.discovery.report` raises, and as `for_office`.
    """
    row = for_office(s, actor, demand, (RECEIVED, DISPUTED), expected_version)
    filed = report(s, actor=actor, form=_report(s, row, form), now=now)
    issue = find_issue(s, actor, filed.issue_number)
    assert issue is not None  # it has just been filed
    catch_up(s, now)  # so that repeats which come in next find it
    version = change(
        s, row, "demand.taken_up", {"issue": issue.number, "category": issue.category}, actor, now,
        **_linked(row, issue, now),
    )  # fmt: skip
    return Done(row.number, TAKEN_UP, version, issue.number)


def link(
    s: Session, *, actor: PersonInfo, demand: str, issue: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Join a repeat to the issue that is there already, open or closed; it is counted.

    One within the policy's days of the closure is a candidate for a relapse (domain rules §2).
    """
    row = for_office(s, actor, demand, (RECEIVED, DISPUTED), expected_version)
    known = find_issue(s, actor, issue.strip())
    if known is None:
        raise not_visible(issue)
    _refuse_ended(known)
    candidate = relapse_candidate(s, known, now)
    data = {"issue": known.number, "repeat": True, "relapse_candidate": candidate}
    version = change(
        s, row, "demand.linked", data, actor, now, repeat=True, relapse_candidate=candidate,
        **_linked(row, known, now),
    )  # fmt: skip
    return Done(row.number, TAKEN_UP, version, known.number)


def relapse_candidate(s: Session, issue: Any, now: datetime) -> bool:
    """Whether a repeat of a closed issue comes early enough to be looked at as a relapse."""
    if issue.state != "closed" or issue.closed_at is None:
        return False
    ctx = context(s)
    calendar = ctx.calendar()
    gone = calendar.local_date(now) - calendar.local_date(issue.closed_at)
    return gone.days <= ctx.policy().demands.relapse_days


def answer(
    s: Session, *, actor: PersonInfo, demand: str, text: str, category: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Answer the enterprise directly, without an issue; it reads this very text.

    Also where its issue was not accepted, or was closed before the demand came.
    """
    row = for_office(s, actor, demand, (RECEIVED, DISPUTED, TAKEN_UP), expected_version)
    _refuse_under_way(s, row)
    told = clean("text", text, most=4_000, needed=True)
    version = change(
        s, row, "demand.answered", {"text": told, "category": category}, actor, now,
        state=ANSWERED, answer=told, answered_at=now, category=_category(s, category),
        contacted_at=row.contacted_at or now,
    )  # fmt: skip
    return Done(row.number, ANSWERED, version)


def decline(
    s: Session, *, actor: PersonInfo, demand: str, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """不予受理: the enterprise reads the reason on its page."""
    row = for_office(s, actor, demand, (RECEIVED, TAKEN_UP), expected_version)
    _refuse_under_way(s, row)
    told = clean("reason", reason, most=4_000, needed=True)
    version = change(
        s, row, "demand.declined", {"reason": told}, actor, now,
        state=DECLINED, answer=told, answered_at=now, contacted_at=row.contacted_at or now,
    )  # fmt: skip
    return Done(row.number, DECLINED, version)


def reissue_link(
    s: Session, *, actor: PersonInfo, demand: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """A new secret address for an enterprise that has lost its own; the former stops working."""
    row = for_office(s, actor, demand, STATES, expected_version)
    secret = new_secret()
    version = change(
        s, row, "demand.link_reissued", {}, actor, now, link_hash=digest(secret), link_since=now
    )
    return Done(row.number, row.state, version, secret=secret)


def _linked(row: Row[Any], issue: Any, now: datetime) -> dict[str, Any]:
    return {
        "state": TAKEN_UP,
        "issue_id": issue.id,
        "linked_at": now,
        "category": issue.category,
        "contacted_at": row.contacted_at or now,
    }


def _report(s: Session, row: Row[Any], form: TakeUp) -> Report:
    board = context(s).directory.units.get(row.board_id or 0)
    issue = tables.issue.c
    raised = select(func.count(issue.id)).where(
        issue.source_system == SOURCE, issue.source_id.startswith(row.number)
    )
    earlier = s.execute(raised).scalar_one()
    return Report(
        title=form.title.strip() or headline(row),
        description=described(row),
        category=form.category,
        project=form.project.strip() or None,
        no_project_reason="" if form.project.strip() else NO_PROJECT,
        board=form.board.strip() or (board.code if board is not None else None),
        urgent=form.urgent,
        source_system=SOURCE,
        source_id=row.number if not earlier else f"{row.number}/{earlier + 1}",
    )


def _refuse_under_way(s: Session, row: Row[Any]) -> None:
    """While the issue runs, its closure is the answer: two would contradict each other."""
    issue = issue_of(s, row)
    if issue is None:
        return
    if is_open(issue.state) or issue.state == "merged":
        raise GuardFailed(
            Reason(
                "issue_under_way",
                _("The issue {number} is still under way.").format(number=issue.number),
                "demand",
                _("Its closure becomes the answer."),
            )
        )
    if row.state == TAKEN_UP and outcome(row, issue) != TAKEN_UP:
        raise wrong_state()


def _refuse_ended(issue: Any) -> None:
    if issue.state in ("rejected", "merged", "draft"):
        raise GuardFailed(
            Reason(
                "issue_not_to_link",
                _("The issue {number} is neither open nor closed.").format(number=issue.number),
                "issue",
                _("Choose the issue that goes on."),
            )
        )


def _category(s: Session, name: str) -> str:
    if name and name not in context(s).policy().categories:
        raise Malformed(
            Reason(
                "category_unknown",
                _("Unknown category {name}.").format(name=name[:60]),
                "category",
                _("Choose one of the list."),
            )
        )
    return name
