"""A life through viewflow: to be imported once Django is set up."""

# mypy: ignore-errors
from __future__ import annotations

from answering import NOTICE, STEPS
from django.contrib.auth.models import User
from django.db import transaction
from viewflow_office.flows import IssueFlow
from viewflow_office.models import IssueProcess, Notice


def live(people: dict[str, User]) -> None:
    """One issue from its report to its end."""
    with transaction.atomic():
        process = IssueFlow.report.run(
            title="杆线影响施工", description="10kV 杆线需要迁移", category="杆线迁移"
        )
        Notice.objects.create(process_id=process.pk, **NOTICE)
    for step in STEPS[1:]:
        _step(step, process.pk, people)
    assert IssueProcess.objects.get(pk=process.pk).status == "DONE"


def _step(step: str, process_id: int, people: dict[str, User]) -> None:
    """A person takes the open task and completes it, in one transaction."""
    by = people["chief" if step in ("breakdown", "dispatch", "verify", "close") else "liaison"]
    with transaction.atomic():
        task = IssueFlow.task_class.objects.get(
            process_id=process_id, flow_task=getattr(IssueFlow, step), status="NEW"
        )
        with task.activation() as activation:  # under the lock of the process
            activation.assign(by)
            activation.start(None)
            if step in ("breakdown", "submit"):
                setattr(activation.process, *_said(step))
                activation.process.save()
            activation.execute()
        Notice.objects.create(process_id=process_id, **NOTICE)


def _said(step: str) -> tuple[str, str]:
    return ("measures", "协调供电公司迁移") if step == "breakdown" else ("result", "已迁移完毕")
