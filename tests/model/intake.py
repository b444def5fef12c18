"""The model's commands from the report to the dispatch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.model.cast import BOARDS, PEOPLE, with_role
from tests.model.clocks import hand_over
from tests.model.rights import demand, permit
from tests.model.state import Issue, Task

# category: (lead, verifier, limit, kinds of evidence, site check)
CATEGORIES: dict[str, tuple[str, str, tuple[str, int], str, bool]] = {
    "杆线迁移": ("zjj", "jfj", ("working_day", 15), "document acceptance before_after", True),
    "环评": ("sthj", "spj", ("working_day", 15), "document permit", False),
    "手续办理": ("spj", "jfj", ("working_day", 7), "document permit", False),
    "拆迁": ("@board", "zjj", ("working_day", 30), "document acceptance before_after", True),
    "紧急事项": ("@board", "jfj", ("working_hour", 8), "document photo", False),
}
LIMITS = {
    "urgent": ("working_day", 3),
    "statutory_20": ("calendar_day", 20),
    "fixed": ("fixed_date", 0),
}


def tell(issue: Issue, kind: str, people: set[str], task: Task | None = None) -> None:
    """Everybody gets one notice of this kind about the issue or the task."""
    subject = task.number if task is not None else issue.number
    for person in people:
        issue.told[subject, kind, person] += 1


def report(number: str, actor: str, form: dict[str, Any]) -> Issue:
    """A new issue, filed at once. Whoever may not report is refused."""
    person = PEOPLE[actor]
    board = form["board"] or (person.unit if person.unit in BOARDS else None)
    issue = Issue(
        number,
        form["category"],
        actor,
        person.unit,
        board,
        form["category"] == "紧急事项",
        form["major"],
    )
    permit("report", actor, issue)
    _file(issue)
    return issue


def _file(issue: Issue) -> None:
    issue.state = "reported"
    issue.reports += 1
    tell(issue, "todo", with_role("triage_officer"))


def submit_draft(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """File it again after a correction."""
    permit("report", actor, issue)
    _file(issue)


def send_back(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Return it to its reporter."""
    permit("send_back", actor, issue)
    issue.state, issue.proposer = "draft", None
    tell(issue, "intake_result", {issue.reporter})


def start_triage(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Take it up."""
    permit("start_triage", actor, issue)
    issue.state = "triaging"


def propose_rejection(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Propose not to accept it."""
    permit("propose_rejection", actor, issue)
    issue.proposer = actor
    tell(issue, "todo", with_role("office_chief"))


def reject(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Another person confirms the proposal."""
    permit("reject", actor, issue)
    demand(issue.proposer is not None, issue.proposer != actor)
    issue.state = "rejected"
    tell(issue, "intake_result", {issue.reporter})


def merge(issue: Issue, actor: str, now: datetime, *, target: Issue, **_args: Any) -> None:
    """Join it to another open issue."""
    permit("merge", actor, issue)
    demand(target is not issue, target.state not in ("closed", "rejected", "merged"))
    issue.state = "merged"
    tell(issue, "intake_result", {issue.reporter})


def plan_task(issue: Issue, actor: str, now: datetime, *, plan: dict[str, Any]) -> None:
    """Add a task; nothing runs yet."""
    permit("plan_task", actor, issue)
    issue.tasks.append(_planned(issue, f"{issue.number}-{len(issue.tasks) + 1:02d}", plan))


def amend_task(
    issue: Issue, task: Task, actor: str, now: datetime, *, plan: dict[str, Any]
) -> None:
    """Plan it anew in its place, as long as it is not handed over."""
    permit("amend", actor, issue, task)
    demand(task.dispatched is None, issue.state not in ("rejected", "merged"))
    new = _planned(issue, task.number, plan)
    new.co |= {unit: state for unit, state in task.co.items() if unit in new.co}
    issue.tasks[issue.tasks.index(task)] = new


def _planned(issue: Issue, number: str, plan: dict[str, Any]) -> Task:
    lead, verifier, limit, _kinds, _check = CATEGORIES[issue.category]
    lead = plan["lead"] or (issue.board or "" if lead == "@board" else lead)
    due = plan["due"]
    unit, n = LIMITS["fixed"] if due else LIMITS.get(plan["limit"], limit)
    return Task(
        number,
        lead,
        verifier_for(verifier, lead),
        (unit, plan["days"] or n),
        due,
        issue.urgent if plan["urgent"] is None else plan["urgent"],
        dict.fromkeys(set(plan["co"]) - {lead}, "awaited"),
    )


def verifier_for(usual: str, lead: str) -> str:
    """Where the category's verifier leads the task itself, the bureau, and else the fallback."""
    return next(unit for unit in (usual, "jfj", "spj") if unit != lead)


def dispatch(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Hand over every planned task."""
    first = issue.state == "triaging" or not issue.dispatched
    permit("dispatch" if first else "dispatch_more", actor, issue)
    planned = [t for t in issue.live if t.dispatched is None]
    demand(
        bool(planned),
        all(t.fixed is None or t.fixed > now for t in planned),
        all(t.verifier != t.lead for t in planned),
    )
    if first:
        issue.state = "dispatched"
        issue.dispatched = True
    for task in planned:
        hand_over(issue, task, now, "dispatch")
