"""A flow of eight steps; each but the first is a task for a person."""

# mypy: ignore-errors
from __future__ import annotations

from django.views.generic import TemplateView
from viewflow import this
from viewflow.workflow import flow, lock

from .models import IssueProcess

FORM = TemplateView.as_view(template_name="unused.html")


class IssueFlow(flow.Flow):
    """上报 to 销号."""

    process_class = IssueProcess
    lock_impl = lock.select_for_update_lock

    report = flow.StartHandle(this.reported).Next(this.breakdown)
    breakdown = flow.View(FORM).Next(this.dispatch)
    dispatch = flow.View(FORM).Next(this.acknowledge)
    acknowledge = flow.View(FORM).Next(this.progress)
    progress = flow.View(FORM).Next(this.submit)
    submit = flow.View(FORM).Next(this.verify)
    verify = flow.View(FORM).Next(this.close)
    close = flow.View(FORM).Next(this.end)
    end = flow.End()

    def reported(self, activation, **facts):
        """Fill the new process in."""
        for name, value in facts.items():
            setattr(activation.process, name, value)
        return activation.process
