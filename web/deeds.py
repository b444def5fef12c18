"""From what the engine offers to what the portal shows: addresses, titles, order, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from config.i18n import gettext as _
from web.actions import BY_RULE, CATALOGUE
from web.actions.base import Action
from web.actions.evidence import ATTACH
from workflow.act_words import act_name
from workflow.case import not_visible
from workflow.errors import Reason
from workflow.offers import Offer
from workflow.wording import kind_name, word

Data = Mapping[str, Any]

FIRST = (
    "report", "start_triage", "dispatch", "dispatch_more", "plan_task", "approve", "relapse",
    "record_lookback", "resume", "acknowledge", "submit", "verify", "decide_prepared",
    "rule_return", "rule_extension", "rule_park", "rule_adjustment", "co_input", "progress",
    "reject",
)  # fmt: skip
"""What usually comes next, in this order; the first that may be done is the primary one."""
_REST = len(FIRST)


@dataclass(frozen=True, slots=True)
class Deed:
    """What a form is about: the action and its subject."""

    action: Action
    number: str
    prepared_id: int | None = None

    @property
    def path(self) -> str:
        """The form's address."""
        folder = f"/{self.action.subject}s/{self.number}"
        if self.action is ATTACH:
            return f"{folder}/evidence"
        query = f"?prepared={self.prepared_id}" if self.prepared_id is not None else ""
        return f"{folder}/do/{self.action.name}{query}"

    @property
    def takes_files(self) -> bool:
        """Whether files come with the form."""
        return any(field.kind == "evidence" for field in self.action.fields)

    def matches(self, offer: Offer) -> bool:
        """Whether an offer of the engine is about this deed."""
        here = (self.action.subject, self.action.rule, self.number, self.prepared_id)
        return (offer.kind, offer.name, offer.number, offer.prepared_id) == here


def deed_of(subject: str, number: str, name: str, prepared: int | None) -> Deed:
    """The deed at an address; `NotVisible` for an unknown one."""
    action = CATALOGUE.get((subject, name))
    if action is None or (action.rule == "decide_prepared") != (prepared is not None):
        raise not_visible(name)
    return Deed(action, number, prepared)


@dataclass(frozen=True, slots=True)
class Button:
    """An act as a page shows it: where its form is, or why it cannot be done now."""

    title: str
    path: str
    weighty: bool
    reasons: tuple[Reason, ...]
    waivable: bool
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The acts on one record. `elsewhere` are those that its state, `state`, does not know."""

    number: str
    kind: str
    allowed: list[Button]
    hindered: list[Button]
    elsewhere: list[str]
    state: str


def groups(found: Iterable[Offer], case: Data) -> list[Group]:
    """Offers by record, the issue's first; what usually comes next stands in front."""
    records: dict[tuple[str, str], list[Offer]] = {}
    for offer in found:
        if (offer.kind, offer.name) in BY_RULE or offer.name == ATTACH.rule:
            records.setdefault((offer.kind, offer.number), []).append(offer)
    return [_group(kind, number, some, case) for (kind, number), some in records.items()]


def _group(kind: str, number: str, some: list[Offer], case: Data) -> Group:
    some = sorted(some, key=lambda offer: _place(offer.name))
    allowed = [_button(offer, case) for offer in some if offer.allowed]
    first = next((offer for offer in some if offer.allowed), None)
    if first is not None and _comes_next(first, case):
        allowed[0] = replace(allowed[0], primary=True)
    others = [_button(offer, case) for offer in some if not offer.allowed]
    elsewhere = [one.title for one in others if _of_another_state(one)]
    hindered = [one for one in others if not _of_another_state(one)]
    return Group(number, kind, allowed, hindered, elsewhere, state_of(case, number))


def _of_another_state(button: Button) -> bool:
    return any(reason.code == "illegal_transition" for reason in button.reasons)


def _comes_next(offer: Offer, case: Data) -> bool:
    """Whether an act is the usual one now; tasks are added later only as an exception."""
    early = case["state"] == "triaging"
    return _place(offer.name) < _REST and (offer.name != "plan_task" or early)


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else _REST


def _button(offer: Offer, case: Data) -> Button:
    action = ATTACH if offer.name == ATTACH.rule else BY_RULE[offer.kind, offer.name]
    path = Deed(action, offer.number, offer.prepared_id).path
    if offer.request_kind and offer.name == "withdraw_request":
        path += f"?kind={offer.request_kind}"
    return Button(
        _title(action, offer, case),
        path,
        action.weighty,
        plain_reasons(offer.reasons, offer.name, state_of(case, offer.number)),
        bool(offer.overridable),
    )


def _title(action: Action, offer: Offer, case: Data) -> str:
    title = _(action.title)
    if offer.prepared_id is not None:
        step = prepared_step(case, offer.prepared_id)
        return f"{title}：{step}" if step else title
    if offer.name == "withdraw_request" and offer.request_kind:
        return f"{title}：{word('request', offer.request_kind)}"
    return title


def prepared_step(case: Data, prepared_id: int) -> str:
    """What a prepared step is, with its level."""
    for task in case["tasks"]:
        for step in task["prepared"]:
            if step["id"] == prepared_id:
                level = _("level {n}").format(n=step["level"])
                return f"{kind_name(step['kind'])} ({level})"
    return ""


def task_of(case: Data, number: str) -> Data | None:
    """The case file's part on a task."""
    return next((task for task in case["tasks"] if task["number"] == number), None)


def state_of(case: Data, number: str) -> str:
    """The name of a record's state."""
    return str((task_of(case, number) or case)["state_name"])


def plain_reasons(reasons: Iterable[Reason], rule: str, state: str) -> tuple[Reason, ...]:
    """Reasons for people: the engine names codes of acts, which only commands take."""
    return tuple(
        Reason(
            reason.code,
            _("{act}: not possible while it is in the state “{state}”.").format(
                act=act_name(rule), state=state
            ),
        )
        if reason.code == "illegal_transition"
        else reason
        for reason in reasons
    )
