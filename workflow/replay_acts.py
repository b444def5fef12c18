"""One case of a replay, opened and closed through the same commands as everybody's."""

from __future__ import annotations

from datetime import datetime

from config.i18n import gettext as _
from models.db import Session
from workflow.commands import assignment, breakdown, closure, discovery
from workflow.ledgers.cases import Case
from workflow.replay_cast import OFFICE, Cast

SOURCE = "replay"


def open_case(s: Session, cast: Cast, case: Case, now: datetime, opened: dict[str, str]) -> None:
    """Report, break down, hand over and receive; notes the issue's number in `opened`."""
    people, code = cast.people, cast.unit_codes[case.unit]
    issue = discovery.report(
        s,
        actor=people["replay-reporter"],
        now=now,
        form=discovery.Report(
            case.title[:200] or case.number,
            case.description or case.title or case.number,
            case.category,
            no_project_reason=_("historical ledger"),
            source_system=SOURCE,
            source_id=case.number,
        ),
    ).issue_number
    discovery.start_triage(s, actor=people["replay-triage"], issue=issue, now=now)
    plan = breakdown.Plan(
        measures=case.description or case.title or case.number,
        lead=code,
        verifier=OFFICE,
        limit="fixed" if case.target else "open_ended",
        due=case.target,
    )
    task = breakdown.plan_task(
        s, actor=people["replay-triage"], issue=issue, form=plan, now=now
    ).task_number
    assignment.dispatch(s, actor=people["replay-chief"], issue=issue, now=now)
    leader = cast.leader(case.unit)
    assignment.acknowledge(
        s,
        actor=leader,
        task=str(task),
        responsible_leader=leader.username,
        responsible_person=f"replay-{code}-liaison",
        now=now,
    )
    opened[case.number] = issue


def close_case(s: Session, cast: Cast, case: Case, now: datetime, opened: dict[str, str]) -> None:
    """Submit, verify and approve."""
    issue = opened[case.number]
    task = f"{issue}-01"
    proof = closure.Proof("document", _("record of the source ledger"))
    closure.submit_task(
        s,
        actor=cast.leader(case.unit),
        task=task,
        evidence=[proof],
        result=_("closed in the source ledger"),
        now=now,
    )
    closure.verify_task(
        s,
        actor=cast.people["replay-verifier"],
        task=task,
        now=now,
        opinion=_("as recorded in the source ledger"),
        site_check=_("as recorded"),
    )
    closure.approve(
        s,
        actor=cast.people["replay-chief"],
        issue=issue,
        now=now,
        opinion=_("as recorded in the source ledger"),
    )
