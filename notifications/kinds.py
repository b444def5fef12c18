"""The kinds of notice: their names, what each must know, and which come first in a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.project_news import ABOUTS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice. `short_*` names it in the subject of a message with several."""

    name: str
    zh: str
    en: str
    required: frozenset[str]
    urgent_default: bool
    short_zh: str
    short_en: str

    def title(self, language: str) -> str:
        """The full name in a language."""
        return self.zh if language.startswith("zh") else self.en

    def short(self, language: str) -> str:
        """The short name in a language."""
        return self.short_zh if language.startswith("zh") else self.short_en


_ISSUE = "issue_number issue_title link"
_TASK = f"{_ISSUE} task_number lead_unit"
_CLOCK = f"{_TASK} deadline derivation days_over"

# The order is that of a message's contents after what is urgent: gravest first.
# name, zh, en, short zh, short en, required facts
_TABLE = (
    ("fault", "系统异常提醒", "System fault", "异常", "fault", "fault detail link"),
    (
        "relapse",
        "反弹重新交办",
        "Re-dispatch after relapse",
        "反弹",
        "relapse",
        f"{_TASK} reason deadline derivation",
    ),
    (
        "accountability",
        "提请问责建议",
        "Accountability referral",
        "问责建议",
        "accountability",
        f"{_TASK} days_over reason",
    ),
    ("interview", "约谈通知", "Interview notice", "约谈", "interview", f"{_TASK} days_over reason"),
    (
        "listed",
        "挂牌督办通知",
        "Notice of listed supervision",
        "挂牌督办",
        "listed",
        f"{_ISSUE} reason actor",
    ),
    (
        "bulletin",
        "列入月度通报",
        "Entry in the monthly bulletin",
        "通报",
        "bulletin",
        f"{_TASK} deadline days_over",
    ),
    ("supervise", "督办单", "Supervision order", "督办", "supervision", _CLOCK),
    ("urge", "催办通知", "Urging notice", "催办", "urging", _CLOCK),
    (
        "closure_rejected",
        "不予销号通知",
        "Closure refused",
        "不予销号",
        "closure refused",
        f"{_ISSUE} requirements actor",
    ),
    ("due_soon", "临期提醒", "Reminder before the deadline", "临期", "due soon", _CLOCK),
    (
        "dispatch",
        "交办单",
        "Dispatch order",
        "交办",
        "dispatch",
        f"{_TASK} category problem measures deadline derivation",
    ),
    ("todo", "待办", "To do", "待办", "to do", f"{_ISSUE} todo"),
    (
        "extension_ruling",
        "延期批复",
        "Ruling on an extension",
        "延期批复",
        "extension",
        f"{_TASK} outcome old_deadline actor",
    ),
    (
        "return_ruling",
        "退单裁定",
        "Ruling on a return",
        "退单裁定",
        "return",
        f"{_TASK} outcome actor",
    ),
    ("adjusted", "要素调整", "Change of terms", "调整", "change", f"{_ISSUE} reason"),
    ("parked", "挂账通知", "Parking notice", "挂账", "parking", f"{_ISSUE} outcome reason"),
    ("closed", "销号通知", "Closure notice", "销号", "closure", f"{_ISSUE} actor"),
    (
        "document",
        "公文送达",
        "Official document",
        "公文",
        "document",
        "document_kind document_title link actor outcome",
    ),
    (
        "project_news",
        "项目事项提醒",
        "Project matter",
        "项目",
        "project",
        "about title link",
    ),
    ("intake_result", "受理结果", "Result of intake", "受理", "intake", f"{_ISSUE} outcome reason"),
)
_URGENT = frozenset({"relapse", "fault"})

KINDS: dict[str, Kind] = {
    name: Kind(name, zh, en, frozenset(required.split()), name in _URGENT, short_zh, short_en)
    for name, zh, en, short_zh, short_en, required in _TABLE
}
RANK: dict[str, int] = {name: rank for rank, name in enumerate(KINDS)}

# What `outcome` and `todo` may say, where a kind has one.
CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    "intake_result": ("outcome", ("returned", "rejected", "merged")),
    "extension_ruling": ("outcome", ("granted", "refused")),
    "return_ruling": ("outcome", ("granted", "refused")),
    "document": ("outcome", ("issued", "void")),
    "project_news": ("about", ABOUTS),
    "parked": ("outcome", ("parked", "resumed", "refused")),
    "adjusted": ("outcome", ("", "granted", "refused", "withdrawn")),
    "todo": (
        "todo",
        (
            "triage",
            "confirm_rejection",
            "dispatch",
            "acknowledge",
            "rule_return",
            "rule_extension",
            "rule_park",
            "rule_adjust",
            "co_input",
            "verify",
            "approve",
            "issue_prepared",
            "decide_prepared",
            "park_review",
            "lookback",
            "relapse",
            "progress",
        ),
    ),
}

# What a template may speak of, as it stands when nothing was said. Times are texts in the zone
# of the policy: "2026-10-23 17:30" or "2026-10-23".
OF_THE_LOOP: Mapping[str, Any] = {
    "issue_number": "",
    "issue_title": "",
    "project": "",
    "category": "",
    "category_en": "",
    "task_number": "",
    "problem": "",
    "measures": "",
    "standard": "",
    "lead_unit": "",
    "co_units": (),
    "responsible_leader": "",
    "responsible_person": "",
    "deadline": "",
    "derivation": None,
    "level": None,
    "days_over": 0,
    "next_step": None,
    "link": "",
    "actor": "",
    "actor_unit": "",
    "reason": "",
    "opinion": "",
    "requirements": "",
    "old_deadline": "",
    "new_deadline": "",
    "outcome": "",
    "todo": "",
    "overdue": False,
    "limit_at": "",
    "fault": "",
    "detail": "",
}
"""What is frozen with every notice of an issue."""
DEFAULTS: Mapping[str, Any] = {
    **OF_THE_LOOP,
    "role": "to",
    "lookback_day": 0,
    "document_kind": "",
    "document_kind_en": "",
    "document_title": "",
    "document_number": "",
    "document_about": (),
    "instead_of": "",
    "about": "",
    "title": "",
}


def faults_of(kind: str, facts: Mapping[str, Any]) -> list[str]:
    """What is wrong with the facts of such a notice; empty if it can be rendered."""
    if kind not in KINDS:
        return [f"unknown kind {kind!r}"]
    missing = [name for name in sorted(KINDS[kind].required) if name not in facts]
    found = [f"{kind}: fact {name!r} is missing" for name in missing]
    if kind in CHOICES:
        name, allowed = CHOICES[kind]
        said = facts.get(name, DEFAULTS[name])
        if name not in missing and said not in allowed:
            found.append(f"{kind}: {name} is {said!r}, not one of {', '.join(allowed)}")
    return found
