"""Words for the fields of a document, from the facts of its tasks: for a person to change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.documents import document_rules
from models.db import Session
from notifications.documents.kinds import Kind
from notifications.documents.shape import zh_date, zh_moment
from workflow.context import Context, context
from workflow.deadlines import working_days_over
from workflow.notice_facts import local

REQUIRED = (
    "请主要负责人亲自协调，逐项制定推进措施、明确完成时间，抓紧办结；"
    "确有困难的，请书面说明原因和需要协调的事项。"
)


def suggestions(s: Session, kind: Kind, tasks: Sequence[Any], now: datetime) -> dict[str, str]:
    """By the names of the kind's fields. `tasks` are rows with `issue_title`; documents are Chinese
    whatever language the reader has. The days for an answer are a setting (`feedback_days`)."""
    ctx = context(s)
    calendar = ctx.calendar()
    today = calendar.local_date(now)
    found = {"month": f"{today.year}年{today.month}月"}
    if tasks:
        due = calendar.add_working_days(today, document_rules().feedback_days)
        cause = _cause(ctx, tasks, now, zh_date(today))
        found |= {"cause": cause, "reasons": cause, "requirements": REQUIRED}
        found |= {"feedback_by": due.isoformat()}
    if kind.name not in ("supervision_order", "supervision_letter", "supervision_notice"):
        found.pop("requirements", None)
    if not kind.name.startswith("interview"):
        found.pop("reasons", None)
    names = {one.name for one in kind.fields}
    return {name: text for name, text in found.items() if name in names}


def _cause(ctx: Context, tasks: Sequence[Any], now: datetime, today: str) -> str:
    days = [_over(ctx, task, now) for task in tasks]
    if len(tasks) > 1:
        late = [n for n in days if n > 0]
        most = f"，其中{len(late)}项已逾期，最长逾期{max(late)}个工作日" if late else ""
        one_unit = len({task.lead_unit_id for task in tasks}) == 1
        whose = "你单位牵头办理的" if one_unit else "所列"
        return f"截至{today}，{whose}{len(tasks)}项任务尚未办结{most}。"
    (task,) = tasks
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    due = zh_moment(local(task.due_at, calendar))
    over = f"，已逾期{days[0]}个工作日" if days[0] > 0 else ""
    return f"“{task.issue_title}”（{task.number}）办理时限为{due}，截至{today}尚未办结{over}。"


def _over(ctx: Context, task: Any, now: datetime) -> int:
    if task.due_at is None or task.due_at >= now:
        return 0
    calendar = ctx.calendar(task.lead_unit_id, task.policy_version_id)
    return working_days_over(task.due_at, now, calendar)
