"""Example facts for every kind: `check_templates` renders them, documentation may show them."""

from __future__ import annotations

from typing import Any

from notifications.kinds import CHOICES

Facts = dict[str, Any]
NAME = "王建国"

ISSUE: Facts = {
    "issue_number": "JFJ-2026-0012",
    "issue_title": "十千伏架空线影响桩基施工",
    "project": "新能源电池结构件项目",
    "category": "杆线迁移",
    "category_en": "Utility line relocation",
    "link": "https://xiaohao.example.gov.cn/issues/JFJ-2026-0012",
    "lead_unit": "横林镇",
}
CLOCK: Facts = {
    "deadline": "2026-10-23 17:30",
    "derivation": {
        "unit": "working_day",
        "n": 15,
        "start": "2026-09-24",
        "cause": "dispatch",
        "provisional": False,
    },
    "days_over": 1,
    "level": 2,
    "next_step": {"level": 3, "kind": "supervise", "at": "2026-10-28 09:00"},
}
TASK: Facts = {
    **ISSUE,
    **CLOCK,
    "task_number": "JFJ-2026-0012-01",
    "problem": "场地东侧架空线未迁移，桩机不能进场。",
    "measures": "供电公司完成勘察设计，横林镇组织迁移施工。",
    "standard": "线路迁移完毕并取得验收意见。",
    "co_units": ["建设局", "资规分局"],
    "responsible_leader": "陈志强",
    "responsible_person": NAME,
    "actor": "李敏",
    "actor_unit": "经济发展局",
    "reason": "停电计划尚未批准。",
    "opinion": "同意，请抓紧落实。",
    "requirements": "补充验收意见和现场照片。",
    "limit_at": "2026-09-25 17:30",
}
OPEN: Facts = {
    **TASK,
    "deadline": "",
    "derivation": {"unit": "open_ended", "n": None, "start": "2026-09-24", "cause": "dispatch"},
    "days_over": 0,
    "next_step": None,
}


def _origin(cause: str, unit: str, provisional: bool) -> Facts:
    n = None if unit == "fixed_date" else 8
    origin = {
        "unit": unit,
        "n": n,
        "start": "2026-10-08",
        "cause": cause,
        "provisional": provisional,
    }
    return {**TASK, "derivation": origin, "days_over": -3}


def _bare(kind: str, **more: Any) -> Facts:
    """Only what `KINDS` requires, so that a template leaning on anything else is found out."""
    return {**_REQUIRED_ONLY[kind], **more}


def _pick(facts: Facts, names: str) -> Facts:
    return {name: facts[name] for name in names.split()}


_BARE_ISSUE = _pick(ISSUE, "issue_number issue_title link")
_BARE_TASK = _pick(TASK, "issue_number issue_title link task_number lead_unit")
_BARE_CLOCK = {**_BARE_TASK, **_pick(CLOCK, "deadline derivation days_over")}
_REQUIRED_ONLY: dict[str, Facts] = {
    "dispatch": {
        **_BARE_CLOCK,
        "category": "用地",
        "problem": "边界未定。",
        "measures": "完成勘测。",
    },
    "due_soon": {**_BARE_CLOCK, "days_over": 0},
    "urge": _BARE_CLOCK,
    "supervise": _BARE_CLOCK,
    "bulletin": _BARE_CLOCK,
    "extension_ruling": {
        **_BARE_TASK,
        "outcome": "refused",
        "old_deadline": "2026-10-23 17:30",
        "actor": "李敏",
    },
    "return_ruling": {**_BARE_TASK, "outcome": "refused", "actor": "李敏"},
    "closure_rejected": {**_BARE_ISSUE, "requirements": "补充验收意见。", "actor": "李敏"},
    "closed": {**_BARE_ISSUE, "actor": "李敏"},
    "relapse": {**_BARE_CLOCK, "reason": "线路再次占用场地。"},
    "todo": {**_BARE_ISSUE, "todo": "triage"},
    "intake_result": {**_BARE_ISSUE, "outcome": "returned", "reason": ""},
    "listed": {**_BARE_ISSUE, "reason": "久拖未决。", "actor": "周岚"},
    "interview": {**_BARE_TASK, "days_over": 10, "reason": ""},
    "accountability": {**_BARE_TASK, "days_over": 20, "reason": ""},
    "parked": {**_BARE_ISSUE, "outcome": "refused", "reason": ""},
    "adjusted": {**_BARE_ISSUE, "reason": ""},
    "document": {
        "document_kind": "督办单",
        "document_title": "督办单",
        "link": "https://xiaohao.example.gov.cn/documents/12",
        "actor": "李敏",
        "outcome": "issued",
    },
    "project_news": {
        "about": "milestone_due",
        "title": "施工许可",
        "link": "https://xiaohao.example.gov.cn/projects/12",
    },
    "fault": {"fault": "other", "detail": "", "link": ISSUE["link"]},
}

EXAMPLES: dict[str, list[Facts]] = {kind: [_bare(kind)] for kind in _REQUIRED_ONLY}
EXAMPLES["dispatch"] += [TASK, {**TASK, "role": "copy"}, OPEN]
EXAMPLES["due_soon"] += [
    _origin(cause, unit, provisional)
    for cause in (
        "dispatch",
        "extension",
        "park_resume",
        "closure_rejected",
        "calendar",
        "relapse",
        "adjust",
        "reassign",
    )
    for unit in ("working_day", "calendar_day", "working_hour", "fixed_date")
    for provisional in (False, True)
]
EXAMPLES["urge"] += [
    TASK,
    {**TASK, "role": "copy"},
    {**TASK, "days_over": 2},
    {**TASK, "days_over": -1},
    OPEN,
]
EXAMPLES["supervise"] += [{**TASK, "level": 3, "days_over": 3}, OPEN]
EXAMPLES["bulletin"] += [{**TASK, "level": 4, "days_over": 5}]
EXAMPLES["extension_ruling"] += [
    {
        **TASK,
        "outcome": outcome,
        "old_deadline": "2026-10-16 17:30",
        "new_deadline": "2026-10-23 17:30",
    }
    for outcome in ("granted", "refused")
]
EXAMPLES["return_ruling"] += [
    {**TASK, "outcome": outcome, "detail": "遥观镇"} for outcome in ("granted", "refused")
]
EXAMPLES["closure_rejected"] += [{**TASK, "new_deadline": "2026-10-30 17:30"}]
EXAMPLES["closed"] += [{**TASK, "limit_at": "2026-11-22", "detail": "30日、90日后回头看。"}]
EXAMPLES["relapse"] += [{**TASK, "derivation": {**CLOCK["derivation"], "cause": "relapse"}}]
EXAMPLES["todo"] += [
    {**facts, "todo": todo, "overdue": overdue}
    for todo in CHOICES["todo"][1]
    for facts in (_BARE_ISSUE, {**TASK, "detail": "supervise"}, {**TASK, "role": "copy"})
    for overdue in (False, True)
]
EXAMPLES["todo"] += [
    {**_BARE_ISSUE, "todo": "lookback", "overdue": overdue, "lookback_day": 90}
    for overdue in (False, True)
]
EXAMPLES["intake_result"] += [
    {**ISSUE, "outcome": outcome, "reason": "与在办问题重复。", "detail": "JFJ-2026-0007"}
    for outcome in ("returned", "rejected", "merged")
]
EXAMPLES["listed"] += [TASK]
EXAMPLES["interview"] += [
    {**TASK, "level": 5, "days_over": 10, "detail": "2026年11月10日14:00，管委会三楼会议室"}
]
EXAMPLES["accountability"] += [{**TASK, "level": 6, "days_over": 20}]
EXAMPLES["parked"] += [
    {**TASK, "outcome": outcome, "limit_at": "2026-12-31"}
    for outcome in ("parked", "resumed", "refused")
]
EXAMPLES["adjusted"] += [
    {**TASK, "detail": "责任人改为陈志强。"},
    {**TASK, "outcome": "withdrawn"},
    {**TASK, "outcome": "refused"},
    {**TASK, "outcome": "granted", "detail": "责任人改为陈志强。"},
    {
        **_origin("calendar", "working_day", True),
        "old_deadline": "2027-01-29 17:30",
        "new_deadline": "2027-02-01 17:30",
    },
]
EXAMPLES["document"] += [
    {
        **_REQUIRED_ONLY["document"],
        "document_kind_en": "Supervision order",
        "document_number": "常经开经督〔2026〕4号",
        "document_about": [f"JFJ-2026-{n:04}-01" for n in range(12, 12 + tasks)],
        "issue_title": "十千伏架空线影响桩基施工" if tasks == 1 else "",
        "limit_at": "2026-10-23",
        "actor_unit": "经济发展局",
        "role": role,
        "outcome": outcome,
        "reason": "文号有误。",
    }
    for outcome, tasks in (("issued", 1), ("issued", 40), ("void", 2))
    for role in ("to", "copy")
]
EXAMPLES["project_news"] += [
    {
        **_REQUIRED_ONLY["project_news"],
        "about": about,
        "project": "新能源电池结构件项目",
        "issue_number": "JFJ-2026-0012",
        "detail": "计划2026年10月23日完成。",
        "reason": "图审意见尚未修改。",
        "limit_at": limit,
        "actor": "李敏",
        "actor_unit": "经济发展局",
        "role": role,
    }
    for about in CHOICES["project_news"][1]
    for role, limit in (("to", "2026-10-23"), ("copy", "2026-10-23 17:30"))
]
EXAMPLES["fault"] += [
    {**ISSUE, "fault": fault, "detail": "横林镇没有联络员。", "limit_at": "2026-10-23 10:00"}
    for fault in (
        *("no_addressee", "deferred", "provisional", "delivery", "template"),
        *("no_address", "bounced", "circuit_open", "storm"),
        *("no_address", "bounced", "circuit_open", "storm"),
        "something_new",
    )
]
