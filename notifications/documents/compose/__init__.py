"""From gathered facts to the words of a document. Documents are Chinese; nothing here reads a
database, and what comes out is frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notifications.documents.compose import closing, meetings, orders, rulings, talks
from notifications.documents.kinds import Kind
from notifications.documents.sheet import Sheet

Facts = Mapping[str, Any]

_COMPOSERS: dict[str, Callable[[Kind, Facts], Sheet]] = {
    "dispatch_order": orders.dispatch,
    "urge_notice": orders.urge,
    "supervision_order": orders.order,
    "supervision_letter": orders.directive,
    "supervision_notice": orders.directive,
    "extension_ruling": rulings.extension,
    "return_ruling": rulings.return_,
    "closure_application": closing.application,
    "closure_refusal": closing.refusal,
    "closure_notice": closing.notice,
    "interview_notice": talks.interview,
    "interview_letter": talks.interview,
    "meeting_agenda": meetings.agenda,
    "meeting_minutes": meetings.minutes,
    "bulletin": meetings.bulletin,
}


def compose(kind: Kind, facts: Facts) -> Sheet:
    """The sheet of a document of that kind. Raises KeyError when a fact is missing."""
    return _COMPOSERS[kind.name](kind, facts)
