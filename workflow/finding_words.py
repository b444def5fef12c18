"""Findings of the watchdog and faults of the history as sentences, by their stable kinds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from config.i18n import N_
from config.i18n import gettext as _

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d")

_FINDINGS = {
    "not_swept": N_("a moment has come and no sweep has looked at it"),
    "not_escalated": N_("is overdue and has not been escalated"),
    "no_next_moment": N_("runs, and nothing is scheduled for it"),
    "skipped_ahead": N_("the clock looks again only after something is due"),
    "outbox_stuck": N_("messages wait too long to be sent"),
    "callbacks_stuck": N_("news for other platforms waits too long to be taken"),
    "channel_paused": N_("a channel has been out of order too long"),
    "messages_held": N_("messages are held and nobody has decided on them"),
    "silent": N_("a job has fallen silent"),
    "clock_ahead": N_("was heard at a moment still to come: a clock is or was ahead"),
    "deferred": N_("was put off, because it raised"),
    "template_broken": N_("a notice template cannot be rendered; the shipped one is used"),
}
_FAULTS = {
    "edited": N_("an event was edited: its facts do not match its hash"),
    "removed": N_("events were removed"),
    "truncated": N_("the newest events were removed"),
    "inserted": N_("an event was inserted at the end"),
    "broken_link": N_("an event was inserted, or the one before it replaced"),
    "replaced": N_("the newest event is not the one that was written"),
    "reordered": N_("events were put into another order"),
    "orphaned": N_("its issue is gone"),
    "rewritten": N_("the history differs from the anchored copy"),
    "state": N_("the state is not the one that the history led to"),
    "person": N_("somebody else is named than the history says"),
    "overrides": N_("the overrides are not those of the history"),
    "deadline": N_("the deadline is not that of its newest version"),
    "unprotected": N_("the table is no longer protected against changes"),
    "rung": N_("a step of the ladder and its record do not belong together"),
    "light": N_("the light does not say what the record says of a late step"),
    "evidence": N_("the proof that is kept is not the proof that was given"),
    "archive": N_("an archived issue and what proves it do not belong together"),
    "document": N_("an official document is not the one that its history tells of"),
}


class Finding(Protocol):
    """What both have in common."""

    @property
    def kind(self) -> str:
        """A stable code."""

    @property
    def detail(self) -> str:
        """More about it, in English with moments in UTC, for programs and logs."""


class Seen(Finding, Protocol):
    """A finding of the watchdog."""

    @property
    def subject(self) -> str:
        """Number of a task or issue, or name of a job."""


class Broken(Finding, Protocol):
    """A fault of the history."""

    @property
    def stream(self) -> str:
        """Name of the chain."""

    @property
    def issue_number(self) -> str:
        """Number of the issue, or empty."""

    @property
    def seq(self) -> int:
        """Number of the event in its chain."""


def finding_text(finding: Seen, zone: ZoneInfo) -> str:
    """One line about a finding of the watchdog, moments in `zone`."""
    return _line(finding.subject, _FINDINGS, finding, _local(finding.detail, zone))


def finding_kind(kind: str) -> str:
    """What a kind of finding means, without its subject."""
    text = _FINDINGS.get(kind)
    return _(text) if text else kind


def fault_text(fault: Broken) -> str:
    """One line about a fault of the history."""
    where = f"{fault.issue_number or fault.stream} #{fault.seq}"
    return _line(where, _FAULTS, fault, fault.detail)


def _line(where: str, words: dict[str, str], found: Finding, detail: str) -> str:
    text = words.get(found.kind)
    if text is None:
        return f"{where}: {found.kind}: {detail}"
    return _("{where}: {text} ({kind}; {detail})").format(
        where=where, text=_(text), kind=found.kind, detail=detail
    )


def _local(detail: str, zone: ZoneInfo) -> str:
    """A lone moment as a local time; other details with their moments in local time."""

    def shown(match: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(match[0]).astimezone(zone):%Y-%m-%d %H:%M}"

    moments = _MOMENT.findall(detail)
    if len(moments) == 1 and detail.endswith(moments[0]):
        return _("since {moment}").format(moment=_MOMENT.sub(shown, moments[0]))
    return _MOMENT.sub(shown, detail)
