"""The model's way to closure, and back: evidence, verification, approval, parking, relapse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tests.model import clocks
from tests.model.asking import end_requests, everybody, leaders
from tests.model.cast import PEOPLE, with_role
from tests.model.intake import CATEGORIES, tell
from tests.model.rights import demand, permit
from tests.model.state import Issue, Task


def add_evidence(issue: Issue, task: Task, actor: str, now: datetime, *, kind: str) -> None:
    """Attach a piece of proof."""
    permit("add_evidence", actor, issue, task)
    task.evidence.append((issue.cycle, kind))


def waive_evidence(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """The deputy director does without."""
    permit("waive_evidence", actor, issue, task)
    task.evidence.append((issue.cycle, "waiver"))
    task.waivers.append((issue.cycle, actor))


def proven(issue: Issue, task: Task) -> bool:
    """Whether this round's evidence is what the category asks for."""
    kinds = {*CATEGORIES[issue.category][3].split(), "waiver"}
    return any(cycle == issue.cycle and kind in kinds for cycle, kind in task.evidence)


def submit(issue: Issue, task: Task, actor: str, now: datetime, *, kinds: Sequence[str]) -> None:
    """The unit's leader hands it in."""
    for kind in kinds:
        add_evidence(issue, task, actor, now, kind=kind)
    permit("submit", actor, issue, task)
    demand(task.paused is None, proven(issue, task), "awaited" not in task.co.values())
    end_requests(task)
    task.state, task.submitted_by, task.handed_in = "submitted", actor, now
    verifiers = with_role("verifier", task.verifier)
    tell(issue, "todo", verifiers or with_role("office_chief"), task)


def _outsider(task: Task, actor: str) -> bool:
    return actor not in (task.submitted_by, task.handler, task.leader)


def verify(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """A second person, of another unit."""
    permit("verify", actor, issue, task)
    demand(_outsider(task, actor), PEOPLE[actor].unit != task.lead)
    task.state, task.verified_by = "verified", actor


def reject_submission(
    issue: Issue, task: Task, actor: str, now: datetime, *, new_due: datetime
) -> None:
    """Not good enough: a new date."""
    permit("reject_submission", actor, issue, task)
    demand(_outsider(task, actor), new_due > now)
    _back(issue, task, now, new_due, "closure_rejected")


def _back(issue: Issue, task: Task, now: datetime, new_due: datetime, cause: str) -> None:
    task.state, task.submitted_by, task.verified_by = "in_progress", None, None
    task.extensions = task.extended = 0  # a new date is a new limit
    task.handed_in, task.last_word = None, now
    task.sent_back += cause == "closure_rejected"
    clocks.set_deadline(task, new_due, cause, now, now)
    if cause == "closure_rejected":
        tell(issue, "closure_rejected", everybody(task), task)


def drop_task(issue: Issue, task: Task, actor: str, now: datetime, **_args: Any) -> None:
    """Take a task back, but never the last one, unless the issue is only being broken down."""
    permit("withdraw", actor, issue, task)
    others = [t for t in issue.live if t is not task]
    early = issue.state == "triaging" and task.dispatched is None
    enough = task.dispatched is None or any(t.dispatched for t in others)
    demand(early or (bool(others) and enough))
    end_requests(task)
    task.state = "withdrawn"
    if task.dispatched is not None:
        tell(issue, "adjusted", everybody(task), task)


def approve(issue: Issue, actor: str, now: datetime, *, override: bool) -> None:
    """A third person; the weighty ones are the deputy director's."""
    permit("approve", actor, issue)
    director = "deputy_director" in PEOPLE[actor].roles
    demand(all(t.state == "verified" for t in issue.live), director or not issue.weighty)
    hands = {
        h for t in issue.live for h in (t.verified_by, t.submitted_by, t.handler, t.leader)
    } | {by for t in issue.live for cycle, by in t.waivers if cycle == issue.cycle}
    sound = actor not in hands and all(proven(issue, t) for t in issue.live)
    demand(sound or (override and director))
    issue.state, issue.approver, issue.findings = "closed", actor, []
    issue.closures += 1
    verified = [t for t in issue.tasks if t.state == "verified"]
    told = {f"{t.lead}_{post}" for t in verified for post in ("liaison", "head")}
    tell(issue, "closed", told | {issue.reporter}, verified[0])


def reject_closure(issue: Issue, actor: str, now: datetime, *, new_due: datetime) -> None:
    """Every task goes back."""
    permit("reject_closure", actor, issue)
    director = "deputy_director" in PEOPLE[actor].roles
    demand(director or not issue.weighty, new_due > now)
    issue.state = "in_progress"
    for task in [t for t in issue.tasks if t.state == "verified"]:
        _back(issue, task, now, new_due, "closure_rejected")


def record_lookback(issue: Issue, actor: str, now: datetime, *, relapse: bool) -> None:
    """An inspector looks again."""
    permit("record_lookback", actor, issue)
    issue.findings.append("relapse" if relapse else "ok")
    if relapse:
        tell(issue, "todo", with_role("office_chief"))


def relapse(issue: Issue, actor: str, now: datetime, *, new_due: datetime) -> None:
    """The chief confirms that the problem is back."""
    permit("relapse", actor, issue)
    demand("relapse" in issue.findings, new_due > now)
    issue.state, issue.approver = "in_progress", None
    issue.relapses += 1
    issue.cycle += 1
    for task in [t for t in issue.tasks if t.state == "verified"]:
        _back(issue, task, now, new_due, "relapse")
        people = {f"{task.lead}_liaison", f"{task.lead}_head"}
        tell(issue, "relapse", people | ({task.handler} if task.handler else set()), task)


def park(issue: Issue, actor: str, now: datetime, *, review: date) -> None:
    """Everything stands still."""
    permit("park", actor, issue)
    demand(clocks.review_allowed(review, now))
    clocks.pause(issue, now)
    _tell_units(issue)


def resume(issue: Issue, actor: str, now: datetime, **_args: Any) -> None:
    """Everything goes on."""
    permit("resume", actor, issue)
    clocks.restart(issue, now)
    _tell_units(issue)


def _tell_units(issue: Issue) -> None:
    for task in issue.tasks:
        if task.running or task.state == "submitted":
            tell(issue, "parked", leaders(task), task)


def review_park(issue: Issue, actor: str, now: datetime, *, review: date) -> None:
    """It stays parked."""
    permit("review_park", actor, issue)
    demand(clocks.review_allowed(review, now))


def put_on_list(issue: Issue, actor: str, now: datetime, *, listed: bool) -> None:
    """挂牌督办, or no longer."""
    permit("list" if listed else "unlist", actor, issue)
    demand(issue.listed != listed)
    issue.listed = listed
    if listed:
        given_out = [t for t in issue.live if t.dispatched is not None]
        people = {f"{t.lead}_{post}" for t in given_out for post in ("head", "liaison")}
        tell(issue, "listed", people | with_role("office_chief"))
