"""Which milestones come soon: the policy's working days, as their lights count them."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.db import Session
from models.queries.milestones import Horizon
from workflow.context import context


def horizon(s: Session, now: datetime) -> Horizon:
    """Today, and the last day on which a milestone not done yet is yellow today."""
    ctx = context(s)
    calendar = ctx.calendar()
    today, days = calendar.local_date(now), ctx.policy().project_lights.milestone_due_wd
    beyond = calendar.add_working_days(today, days + 1)
    return Horizon(today, beyond - timedelta(days=1))
