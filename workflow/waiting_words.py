"""When notices leave, and why not yet, in words for the portal and the command line."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from config.i18n import N_
from config.i18n import gettext as _
from config.policy import Policy
from models.db import Session
from models.directory import PersonInfo
from models.queries.issues import find_issue
from notifications.backlog import Backlog, leaves_at

_REASONS = {
    "no-address": N_("no address"),
    "address-bounced": N_("address refused"),
    "bounced": N_("address refused"),
    "attempts-exhausted": N_("all tries used up"),
}
MOST_WINDOWS = 10


def reason_word(reason: str) -> str:
    """Why a message did not go out; what a service said stays as it said it."""
    text = _REASONS.get(reason)
    return _(text) if text else reason


def rule_of(policy: Policy) -> str:
    """When notices leave at all, by the policy."""
    return _("Notices that are not urgent leave on working days at {windows}.").format(
        windows="、".join(policy.delivery.windows)
    )


def waits(found: Backlog, zone: ZoneInfo) -> list[str]:
    """A line for what is due and one for each window that notices wait for."""
    lines: list[str] = []
    if found.due:
        lines.append(_("Due, leaves with the next run: {n} notices").format(n=found.due))
    for moment, n in found.windows[:MOST_WINDOWS]:
        text = _("Waits for the delivery window {moment}: {n} notices")
        lines.append(text.format(moment=_local(moment, zone), n=n))
    return lines


def told_when(
    s: Session, actor: PersonInfo, number: str, kind: str, now: datetime, zone: ZoneInfo
) -> str:
    """When the newest notice of a kind about an issue that `actor` sees reaches people."""
    issue = find_issue(s, actor, number)
    moment = leaves_at(s, issue.id, kind) if issue is not None else None
    if moment is None:
        return _("The notice stands in the portal.")
    if moment <= now:
        return _("The notice stands in the portal and leaves through the other channels at once.")
    return _(
        "The notice stands in the portal and leaves through the other channels at {moment}."
    ).format(moment=_local(moment, zone))


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
