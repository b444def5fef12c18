"""The reference model: every command on a copy, so that a refusal leaves nothing behind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.model import asking, closing, intake, ladder, lamps, steps, units
from tests.model.cast import with_role
from tests.model.intake import tell
from tests.model.rights import visible
from tests.model.state import Issue, Refused

ON_ISSUE: dict[str, Callable[..., None]] = {
    f.__name__: f
    for f in (
        *(intake.submit_draft, intake.send_back, intake.start_triage, intake.propose_rejection),
        *(intake.reject, intake.merge, intake.plan_task, intake.dispatch),
        *(closing.approve, closing.reject_closure, closing.record_lookback, closing.relapse),
        *(closing.park, closing.resume, closing.review_park, closing.put_on_list),
    )
}
ON_TASK: dict[str, Callable[..., None]] = {
    f.__name__: f
    for f in (
        *(units.acknowledge, units.progress, units.co_input, units.waive_co_input, units.urge),
        *(units.decide_prepared, asking.request_return, asking.rule_return),
        *(asking.request_extension, asking.rule_extension, asking.request_park, asking.rule_park),
        *(asking.request_adjustment, asking.rule_adjustment, asking.withdraw_request),
        *(closing.add_evidence, closing.waive_evidence, closing.submit, closing.verify),
        *(closing.reject_submission, closing.drop_task, intake.amend_task),
    )
}


class Model:
    """Issues by number, as they must stand."""

    def __init__(self) -> None:
        self.issues: dict[str, Issue] = {}

    def do(
        self,
        name: str,
        actor: str,
        now: datetime,
        issue: str,
        task: str | None = None,
        *,
        stale: bool = False,
        **args: Any,
    ) -> str | None:
        """Apply a command; answers None, or the code with which it must be refused."""
        trial = copy.deepcopy(self.issues)
        if "target" in args:
            args["target"] = trial[args["target"]]
        try:
            self._run(trial[issue], name, actor, now, task, stale, args)
        except Refused as refusal:
            return refusal.code
        self.issues = trial
        return None

    def _run(
        self,
        issue: Issue,
        name: str,
        actor: str,
        now: datetime,
        task: str | None,
        stale: bool,
        args: dict[str, Any],
    ) -> None:
        if not visible(actor, issue):
            raise Refused("not_visible")
        if stale:
            raise Refused("stale_version")
        sweep_issue(issue, now)
        if task is None:
            ON_ISSUE[name](issue, actor, now, **args)
        else:
            ON_TASK[name](issue, issue.task(task), actor, now, **args)
        follow(issue)
        settle(issue, now)

    def sweep(self, now: datetime) -> None:
        """What the clock does to every issue."""
        for issue in self.issues.values():
            sweep_issue(issue, now)
            settle(issue, now)


def sweep_issue(issue: Issue, now: datetime) -> None:
    """Climb the ladder of every task, and remind whoever keeps it waiting."""
    for task in issue.tasks:
        ladder.climb(issue, task, now)
    steps.remind(issue, now)


def settle(issue: Issue, now: datetime) -> None:
    """What follows from everything else: who is waited for, and how the lamps shine."""
    steps.watch(issue, now)
    lamps.turn(issue, now)


def follow(issue: Issue) -> None:
    """The issue follows its tasks."""
    states = {t.state if t.dispatched is not None else "planned" for t in issue.live}
    if issue.state == "dispatched" and states - {"pending_ack", "planned"}:
        issue.state = "in_progress"
    if issue.state not in ("in_progress", "verifying") or not states:
        return
    if states == {"verified"}:
        issue.state = "approving"
        tell(issue, "todo", with_role("deputy_director" if issue.weighty else "office_chief"))
    else:
        issue.state = "verifying" if states <= {"submitted", "verified"} else "in_progress"
