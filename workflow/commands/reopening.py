"""Sending tasks back to their units with requirements and a new date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.i18n import gettext as _
from models.directory import PersonInfo
from workflow import deadlines
from workflow.case import Record
from workflow.commands.base import (
    tell,
)
from workflow.errors import Malformed, Reason
from workflow.notice_facts import local
from workflow.telling import addressees
from workflow.transition import Work


def back_to_unit(
    w: Work,
    task: Record,
    trigger: str,
    actor: PersonInfo,
    noted: dict[str, Any],
    args: dict[str, Any],
    cause: str = "closure_rejected",
) -> None:
    policy, calendar, old = w.policy(task), w.calendar(task), task.due_at
    w.fire(
        trigger,
        task,
        by=actor,
        submitted_at=None,
        submitted_by_id=None,
        verified_at=None,
        verified_by_id=None,
        rejection_count=task.rejection_count + (cause != "relapse"),
        last_progress_at=w.now,
        extension_count=0,  # a new date is a new limit
        extension_days=0,
        data=noted | {k: v.isoformat() if isinstance(v, datetime) else v for k, v in args.items()},
    )
    w.set_deadline(
        task,
        deadlines.compute(
            policy.limits[task.limit_class],
            task.limit_class,
            w.now,
            calendar,
            policy,
            cause=cause,
            fixed=args["new_due_at"],
        ),
    )
    if cause == "closure_rejected":
        tell(
            w,
            "closure_rejected",
            addressees(w, ("responsible_person", "liaison", "unit_leader"), task),
            task=task,
            opinion=args.get("opinion", ""),
            requirements=args.get("requirement", ""),
            old_deadline=local(old, calendar),
            new_deadline=local(task.due_at, calendar),
            occasion=f"event:{w.issue.chain_seq}",
        )


def chosen(w: Work, numbers: Sequence[str]) -> list[Record]:
    """The verified tasks named, or all of them when none is named."""
    verified = {t.number: t for t in w.tasks if t.state == "verified"}
    unknown = [n for n in numbers if n not in verified]
    if unknown:
        raise Malformed(
            Reason(
                "task_unknown",
                _("Not a verified task of this issue: {numbers}.").format(
                    numbers=", ".join(unknown)
                ),
                "tasks",
                _("Name verified tasks of this issue."),
            )
        )
    return [verified[n] for n in numbers] or list(verified.values())
