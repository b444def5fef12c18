"""The process of an issue. viewflow's own rows of tasks are the history: who, since when, until."""

# mypy: ignore-errors
from __future__ import annotations

from django.db import models
from viewflow import jsonstore
from viewflow.workflow.models import Process


class IssueProcess(Process):
    """A problem found; its fields lie in the process's JSON, as viewflow's guide has it."""

    title = jsonstore.CharField(max_length=200)
    description = jsonstore.TextField()
    category = jsonstore.CharField(max_length=50)
    measures = jsonstore.TextField(blank=True)
    result = jsonstore.TextField(blank=True)

    class Meta:
        """One table for all kinds of processes."""

        proxy = True


class Notice(models.Model):
    """What somebody is told."""

    process = models.ForeignKey(Process, on_delete=models.CASCADE)
    recipient = models.CharField(max_length=50)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
