"""延期批复 and 退单裁定: what was asked for, and what was ruled."""

from __future__ import annotations

from notifications.documents.compose.parts import Facts, base, text_rows
from notifications.documents.kinds import Kind
from notifications.documents.shape import zh_moment
from notifications.documents.sheet import Sheet


def _asked(facts: Facts) -> tuple[tuple[str, str], ...]:
    task, request = facts["tasks"][0], facts["request"]
    return (
        ("任务", f"{task['number']}　{task['issue_title']}：{task['measures']}"),
        ("申请单位", task["lead_unit"]),
        ("申请人", f"{request['asked_by']}　{zh_moment(request['asked_at'])}"),
    )


def _ruled(facts: Facts) -> tuple[tuple[str, str], ...]:
    request = facts["request"]
    return (
        ("审批意见", request["opinion"]),
        ("审批人", f"{request['ruled_by']}　{zh_moment(request['ruled_at'])}"),
    )


def extension(kind: Kind, facts: Facts) -> Sheet:
    """延期批复: original date, date asked for, ruling, date that counts now."""
    request, task = facts["request"], facts["tasks"][0]
    granted = request["state"] == "granted"
    rows = text_rows(
        *_asked(facts),
        ("原定时限", zh_moment(request["old_due"] or task["original_deadline"])),
        ("申请时限", zh_moment(request["new_due"])),
        ("延期理由", request["reason"]),
        ("已有进展", request["progress"]),
        ("批复结果", "同意延期" if granted else "不同意延期，按原时限办理"),
        ("现行时限", zh_moment(request["due_now"])),
        *_ruled(facts),
    )
    return base(kind, facts, "延期申请批复表", rows=rows)


def return_(kind: Kind, facts: Facts) -> Sheet:
    """退单裁定: reason, basis, unit suggested, ruling (final once refused)."""
    request = facts["request"]
    granted = request["state"] == "granted"
    rows = text_rows(
        *_asked(facts),
        ("退单理由", request["reason"]),
        ("退单依据", request["basis"]),
        ("建议承办单位", request["suggested_unit"]),
        ("裁定结果", "同意退单，另行交办" if granted else "不同意退单，由原牵头单位继续办理"),
        *_ruled(facts),
    )
    return base(kind, facts, "退单裁定书", rows=rows)
