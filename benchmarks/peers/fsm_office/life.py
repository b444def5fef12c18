"""A life through django-fsm: to be imported once Django is set up."""

# mypy: ignore-errors
from __future__ import annotations

from answering import NOTICE, STEPS
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from fsm_office.models import Issue, Notice, Task


def live(people: dict[str, User]) -> None:
    """One issue from its report to its end; every step loads what it changes, under lock."""
    with transaction.atomic():
        issue = Issue.objects.create(
            title="杆线影响施工", description="10kV 杆线需要迁移", category="杆线迁移",
            reporter=people["reporter"],
        )  # fmt: skip
        issue.report(by=people["reporter"])
        issue.save()
        Notice.objects.create(issue=issue, **NOTICE)
    for step in STEPS[1:]:
        _step(step, issue.pk, people)
    assert Issue.objects.values_list("state", flat=True).get(pk=issue.pk) == "closed"


def _step(step: str, issue_id: int, people: dict[str, User]) -> None:
    by = people["chief" if step in ("breakdown", "dispatch", "verify", "close") else "liaison"]
    with transaction.atomic():
        if hasattr(Task, step):
            row = Task.objects.select_for_update().get(issue_id=issue_id)
        else:
            row = Issue.objects.select_for_update().get(pk=issue_id)
        if step == "breakdown":
            Task.objects.create(issue=row, measures="协调供电公司迁移")
        if step == "close":
            row.closed_at = now()
        getattr(row, step)(by=by)
        row.save()
        Notice.objects.create(issue_id=issue_id, **NOTICE)
