"""Checks of the escalation ladder: rungs that reach nobody, never fire, or fire out of order."""

from __future__ import annotations

import math
from collections.abc import Iterator

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import Rung
from notifications.kinds import KINDS
from workflow.checks_policy import COUNTED
from workflow.checks_report import Report
from workflow.ladder import offset_for
from workflow.opening_hours import clock_seconds
from workflow.working_days import CalendarError

_KEY_CHARS = 40


def ladder_faults(policy: Policy, report: Report) -> None:
    """Everything wrong with the rungs and with who clicks and decides."""
    if not policy.ladder:
        report.add("ladder", _("has no rung: nothing overdue would be raised"), _("add a rung"))
    for rung in policy.ladder:
        _rung(rung, report)
        _too_early(rung, policy, report)
    _keys(policy, report)
    _order(policy, report)
    for urgent in (False, True):
        _superseded(policy, urgent, report)
    for name in ("preparer", "decider"):
        report.roles(f"escalation.{name}", [getattr(policy.escalation, name)])
    _late_rhythm(policy, report)


def _late_rhythm(policy: Policy, report: Report) -> None:
    rules = policy.escalation
    if rules.repeat_late_wd < rules.repeat_limit_wd:
        report.add(
            "escalation.repeat_late_wd",
            _("is {late}, quicker than escalation.repeat_limit_wd = {close}").format(
                late=rules.repeat_late_wd, close=rules.repeat_limit_wd
            ),
            _("choose as many working days or more"),
        )


def _rung(rung: Rung, report: Report) -> None:
    key = f"ladder.{rung.key}"
    if not rung.to:
        report.add(f"{key}.to", _("the rung has no addressee"), _("say whom it is sent to"))
    if rung.kind not in KINDS:
        report.unknown(f"{key}.kind", rung.kind, KINDS)
    if not rung.key or len(rung.key) > _KEY_CHARS:
        report.add(
            f"{key}.key",
            _("is empty or too long"),
            _("give a key of at most {n} characters").format(n=_KEY_CHARS),
        )
    report.at_least(f"{key}.red_count", rung.red_count, 1)
    report.at_least(f"{key}.yellow_count", rung.yellow_count, 1)


def _keys(policy: Policy, report: Report) -> None:
    keys = [rung.key for rung in policy.ladder]
    for key in dict.fromkeys(k for k in keys if keys.count(k) > 1):
        report.add(
            f"ladder.{key}.key",
            _("is given to {n} rungs").format(n=keys.count(key)),
            _("give each rung a key of its own"),
        )


def _order(policy: Policy, report: Report) -> None:
    """A later rung never stands lower: the level only rises while nobody acts."""
    highest: Rung | None = None
    for rung in sorted(policy.ladder, key=lambda r: r.offset):
        if highest is not None and rung.level < highest.level:
            report.add(
                f"ladder.{rung.key}.level",
                _("is {level}, lower than {other_level} of the earlier rung {other}").format(
                    level=rung.level, other_level=highest.level, other=highest.key
                ),
                _("let levels rise with the offset"),
            )
        if highest is None or rung.level > highest.level:
            highest = rung


def _too_early(rung: Rung, policy: Policy, report: Report) -> None:
    """A reminder fires only when its moment lies after the dispatch."""
    longest = max(_lengths(policy), default=None)
    if longest is None or rung.offset >= 0 or -rung.offset < longest:
        return
    report.add(
        f"ladder.{rung.key}.offset",
        _(
            "the rung can never fire: it lies {days} working days before the deadline, and the "
            "longest limit has {longest}"
        ).format(days=-rung.offset, longest=longest),
        _("choose an offset nearer to the deadline"),
    )


def _lengths(policy: Policy) -> Iterator[int]:
    """Limits in working days. A calendar day counts as one; dates set one by one are left out."""
    for limit in policy.limits.values():
        if limit.unit in COUNTED and limit.n is not None:
            hours = limit.unit == "working_hour"
            yield math.ceil(limit.n / _hours_a_day(policy)) if hours else limit.n


def _hours_a_day(policy: Policy) -> float:
    try:
        spans = [(clock_seconds(a, ""), clock_seconds(b, "")) for a, b in policy.hours.open]
    except CalendarError:
        return 8.0
    return max(sum(b - a for a, b in spans) / 3600, 1.0)


def _superseded(policy: Policy, urgent: bool, report: Report) -> None:
    """Of several rungs at one moment only the highest is sent; the others never are."""
    moments: dict[int, list[Rung]] = {}
    for rung in policy.ladder:
        moments.setdefault(offset_for(rung, urgent, policy), []).append(rung)
    usual = {rung.offset for rung in policy.ladder}
    for offset, rungs in sorted(moments.items()):
        winner = max(rungs, key=lambda r: r.level)
        for rung in rungs:
            known = urgent and rung.offset == winner.offset and rung.offset in usual
            if rung is not winner and not known:
                _never(rung, winner, offset, urgent, report)


def _never(rung: Rung, winner: Rung, offset: int, urgent: bool, report: Report) -> None:
    text = (
        _(
            "the rung can never fire for urgent tasks: {other} is higher and shares its offset "
            "{offset} there"
        )
        if urgent
        else _("the rung can never fire: {other} is higher and shares its offset {offset}")
    )
    report.add(
        f"ladder.{rung.key}.offset",
        text.format(other=winner.key, offset=offset),
        _("choose another offset, or another escalation.urgent_factor")
        if urgent
        else _("choose another offset"),
    )
