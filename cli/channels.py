"""`xiaohao channels`: what is in use and how it does, and one message through each."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from cli.kit import Common, group, option, reading
from config.i18n import N_
from config.i18n import gettext as _

if TYPE_CHECKING:
    from workflow.channel_states import State
    from workflow.channel_trial import Result


@group(N_("See the channels for notices, and try them."))
def channels() -> None:
    """Channels of notices."""


@channels.command("list", help=N_("List channels with their state and their limits."))
@reading
def list_(common: Common) -> None:
    """What is in use comes first. Secrets are never shown."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow.channel_states import states
    from workflow.wording import word

    with session.reading(common) as call:
        found, zone = states(call.s, call.now), call.zone
    if common.as_json:
        print_json([asdict(one) for one in found])
        return
    titles = (_("Channel"), _("Code"), _("In use"), _("State"), _("Limits"), _("Last fault"))
    print_table(
        titles,
        [
            (
                word("channel", one.channel),
                one.channel,
                one.in_use,
                _state(one, zone),
                "; ".join(one.limits),
                one.last_error,
            )
            for one in found
        ],
    )


def _state(one: State, zone: ZoneInfo) -> str:
    if one.fault:
        return _("cannot be set up: {reason}").format(reason=one.fault)
    if one.missing:
        return _("not set up: {settings} is empty").format(settings="、".join(one.missing))
    if one.paused_until:
        at = one.paused_until.astimezone(zone)
        return _("out of order, next try {moment}").format(moment=f"{at:%Y-%m-%d %H:%M}")
    if one.full_until:
        at = one.full_until.astimezone(zone)
        return _("limit used up until {moment}").format(moment=f"{at:%Y-%m-%d %H:%M}")
    if one.in_use and one.failing:
        return _("failed at last")
    return _("works") if one.in_use else ""


@channels.command("test", help=N_("Send one message through each channel in use, and report."))
@option("--to", "username", required=True, metavar="USERNAME", help=N_("Who gets it."))
@reading
def test(common: Common, username: str) -> None:
    """At once, past limits and pauses; exit code 1 if one of them fails."""
    from cli.output import print_json, print_table
    from cli.session import writing
    from workflow.channel_trial import prepare, record, try_out
    from workflow.waiting_words import reason_word
    from workflow.wording import word

    with writing(common) as call:
        trial = prepare(call.s, username=username, actor=call.actor, now=call.now)
    results = try_out(trial)
    with writing(common) as call:
        record(call.s, trial, results, actor=call.actor, now=call.now)
    if common.as_json:
        print_json([asdict(one) for one in results])
    else:
        print_table(
            (_("Channel"), _("Code"), _("Result"), _("Reason")),
            [
                (word("channel", r.channel), r.channel, _word(r), reason_word(r.reason))
                for r in results
            ],
            _("No channel is in use."),
        )
    if any(not one.worked for one in results):
        raise click.exceptions.Exit(1)


def _word(result: Result) -> str:
    return _("taken") if result.worked else _("failed")
