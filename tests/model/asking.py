"""The model's requests and rulings: return, extension, parking, adjustment."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.model import clocks
from tests.model.cast import PEOPLE, with_role
from tests.model.intake import CATEGORIES, LIMITS, tell, verifier_for
from tests.model.rights import demand, permit
from tests.model.state import Issue, Refused, Request, Task

EXTENDERS = ("office_chief", "deputy_director")


def leaders(task: Task) -> set[str]:
    """Head and deputy head of the lead unit, and its liaison."""
    return {f"{task.lead}_{post}" for post in ("head", "deputy", "liaison")}


def everybody(task: Task) -> set[str]:
    """The same with the handler."""
    return leaders(task) | ({task.handler} if task.handler else set())


def _ask(issue: Issue, task: Task, request: Request, role: str) -> None:
    task.open[request.kind] = request
    tell(issue, "todo", with_role(role), task)


def _another(task: Task, kind: str, actor: str) -> bool:
    """Whether it was not the actor who asked: nobody rules on their own request."""
    return kind not in task.open or task.open[kind].by != actor


def request_return(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """Within a working day of the dispatch, once."""
    permit("request_return", actor, issue, task)
    demand(
        task.dispatched is not None and now <= clocks.side_limit(task.dispatched, 1),
        "return" not in task.open,
        not task.return_refused,
        task.paused is None,
    )
    _ask(issue, task, Request("return", actor), "office_chief")


def rule_return(issue: Issue, task: Task, actor: str, now: datetime, *, to: str | None) -> None:
    """Uphold, which is final, or give the task to another unit as a new one."""
    permit("rule_return", actor, issue, task)
    demand("return" in task.open, _another(task, "return", actor))
    if to == task.lead:
        raise Refused("malformed")
    del task.open["return"]
    if to is None:
        task.return_refused = True
    else:
        reassign(issue, task, to, now)
    tell(issue, "return_ruling", leaders(task), task)


def reassign(issue: Issue, old: Task, to: str, now: datetime) -> Task:
    """The old task ends, a new one with the same four fields runs from now."""
    verifier = old.verifier
    if verifier == to:
        verifier = verifier_for(CATEGORIES[issue.category][1], to)
        demand(verifier != to)
    new = Task(
        f"{issue.number}-{len(issue.tasks) + 1:02d}",
        to,
        verifier,
        LIMITS["fixed"] if old.fixed else old.limit,
        old.fixed,
        old.urgent,
        dict.fromkeys(set(old.co) - {to}, "awaited"),
    )
    issue.tasks.append(new)
    end_requests(old)
    old.state = "withdrawn"
    gone = new.fixed is not None and new.fixed <= now
    fixed = max(old.due or now, clocks.side_limit(now, 1)) if gone else None
    clocks.hand_over(issue, new, now, "reassign", fixed)
    return new


def end_requests(task: Task) -> None:
    """What was asked of a task that is done with lapses, and what was prepared for it is void."""
    task.open.clear()
    task.frozen = False
    clocks.void_prepared(task)


def request_extension(
    issue: Issue, task: Task, actor: str, now: datetime, *, new_due: datetime
) -> None:
    """A working day ahead at least; the ladder stands still until the ruling."""
    permit("request_extension", actor, issue, task)
    demand(task.paused is None, task.dispatched is not None, "extension" not in task.open)
    assert task.due is not None
    demand(
        now < task.due,
        clocks.days_left(task.due, now) >= 1,
        task.extensions < 2,
        fits(task, new_due),
    )
    _ask(issue, task, Request("extension", actor, new_due), EXTENDERS[min(task.extensions, 1)])
    task.frozen = True


def fits(task: Task, new_due: datetime) -> bool:
    """Later than now, and all extensions together no longer than the original limit."""
    assert task.due is not None and task.original_due is not None and task.dispatched is not None
    most = clocks.between(task.dispatched, task.original_due)
    return new_due > task.due and task.extended + clocks.between(task.due, new_due) <= most


def rule_extension(issue: Issue, task: Task, actor: str, now: datetime, *, granted: bool) -> None:
    """The first is the chief's, the second the deputy director's."""
    permit("rule_extension", actor, issue, task)
    demand(
        task.paused is None,
        "extension" in task.open,
        EXTENDERS[min(task.extensions, 1)] in PEOPLE[actor].roles,
        _another(task, "extension", actor),
    )
    request, task.frozen = task.open.pop("extension"), False
    if granted:
        assert request.new_due is not None and task.dispatched is not None
        demand(request.new_due > now, fits(task, request.new_due))
        assert task.due is not None
        task.extensions += 1
        task.extended += clocks.between(task.due, request.new_due)
        clocks.set_deadline(task, request.new_due, "extension", task.dispatched, now)
    tell(issue, "extension_ruling", everybody(task), task)


def request_park(issue: Issue, task: Task, actor: str, now: datetime, *, review: date) -> None:
    """It cannot be solved now."""
    permit("request_park", actor, issue, task)
    demand(task.paused is None, "park" not in task.open, clocks.review_allowed(review, now))
    _ask(issue, task, Request("park", actor, review_on=review), "office_chief")


def rule_park(issue: Issue, task: Task, actor: str, now: datetime, *, granted: bool) -> None:
    """Granted, the whole issue stands still."""
    permit("rule_park", actor, issue, task)
    demand("park" in task.open, _another(task, "park", actor))
    if granted:
        permit("park", actor, issue)
    del task.open["park"]
    if granted:
        clocks.pause(issue, now)
    for other in issue.tasks if granted else ():
        if other is not task and (other.running or other.state == "submitted"):
            tell(issue, "parked", leaders(other), other)
    tell(issue, "parked", leaders(task), task)


def request_adjustment(
    issue: Issue, task: Task, actor: str, now: datetime, *, changes: dict[str, Any]
) -> None:
    """One of the four fields."""
    permit("request_adjustment", actor, issue, task)
    demand(
        task.paused is None,
        task.dispatched is not None,
        "adjust" not in task.open,
        "due" not in changes or changes["due"] > now,
    )
    _ask(issue, task, Request("adjust", actor, changes=changes), "office_chief")


def rule_adjustment(issue: Issue, task: Task, actor: str, now: datetime, *, granted: bool) -> None:
    """Nobody rules on their own request."""
    permit("rule_adjustment", actor, issue, task)
    demand(task.paused is None, "adjust" in task.open, _another(task, "adjust", actor))
    due = task.open["adjust"].changes.get("due")
    if granted and due is not None:
        # more time is an extension, or the deputy director's to give
        later = task.due is not None and due > task.due
        demand(due > now, not later or "deputy_director" in PEOPLE[actor].roles)
    request = task.open.pop("adjust")
    result = _apply(issue, task, request.changes, now) if granted else task
    tell(issue, "adjusted", everybody(result), result)
    if result is not task:
        tell(issue, "adjusted", everybody(task), task)


def _apply(issue: Issue, task: Task, changes: dict[str, Any], now: datetime) -> Task:
    if "due" in changes:
        assert task.dispatched is not None
        task.fixed, task.frozen = changes["due"], False
        clocks.set_deadline(task, changes["due"], "adjust", task.dispatched, now)
    to = changes.get("lead_unit", task.lead)
    return task if to == task.lead else reassign(issue, task, to, now)


def withdraw_request(issue: Issue, task: Task, actor: str, now: datetime, *, kind: str) -> None:
    """Take back what was asked."""
    permit("withdraw_request", actor, issue, task)
    demand(kind in task.open)
    demand(PEOPLE[task.open[kind].by].unit == PEOPLE[actor].unit)  # never the other side
    del task.open[kind]
    if kind == "extension":
        task.frozen = False
