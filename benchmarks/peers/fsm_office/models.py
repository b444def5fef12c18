"""Issues and tasks whose states only transitions change; django-fsm-log keeps the history."""

# mypy: ignore-errors
from __future__ import annotations

from django.conf import settings
from django.db import models
from django_fsm import FSMField, transition
from django_fsm_log.decorators import fsm_log_by


class Issue(models.Model):
    """A problem found."""

    title = models.CharField(max_length=200)
    description = models.TextField()
    category = models.CharField(max_length=50, db_index=True)
    state = FSMField(default="new", protected=True, db_index=True)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    reported_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    @fsm_log_by
    @transition(field=state, source="new", target="reported")
    def report(self, by=None):
        """上报."""

    @fsm_log_by
    @transition(field=state, source="reported", target="broken_down")
    def breakdown(self, by=None):
        """分解."""

    @fsm_log_by
    @transition(field=state, source="broken_down", target="dispatched")
    def dispatch(self, by=None):
        """交办."""

    @fsm_log_by
    @transition(field=state, source="dispatched", target="closed")
    def close(self, by=None):
        """销号."""


class Task(models.Model):
    """What a unit has to do about it."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    measures = models.TextField()
    result = models.TextField(blank=True)
    state = FSMField(default="pending", protected=True, db_index=True)
    responsible = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    @fsm_log_by
    @transition(field=state, source="pending", target="in_progress")
    def acknowledge(self, by=None):
        """签收."""
        self.responsible = by

    @fsm_log_by
    @transition(field=state, source="in_progress", target="in_progress")
    def progress(self, by=None):
        """报进展."""

    @fsm_log_by
    @transition(field=state, source="in_progress", target="submitted")
    def submit(self, by=None):
        """报验."""
        self.result = "已迁移完毕"

    @fsm_log_by
    @transition(field=state, source="submitted", target="verified")
    def verify(self, by=None):
        """核验."""


class Notice(models.Model):
    """What somebody is told."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    recipient = models.CharField(max_length=50)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
