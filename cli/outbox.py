"""`xiaohao outbox`: messages to people, what became of them, and what is to be done."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from cli.kit import Common, Group, option, reading, using_database
from config.i18n import N_
from config.i18n import gettext as _


@click.group(
    cls=Group, invoke_without_command=True, help=N_("See and retry the messages that go out.")
)
@using_database
def outbox(common: Common) -> None:
    """Messages to people; without a command the overview, then what has failed."""
    if click.get_current_context().invoked_subcommand is None:
        _overview(common)
        if not common.as_json:
            _failures(common)


@outbox.command("list", help=N_("Count notices by kind, channel and state."))
@using_database
def list_(common: Common) -> None:
    """An overview."""
    _overview(common)


def _overview(common: Common) -> None:
    from cli import session
    from cli.output import print_json, print_table
    from notifications.backlog import backlog
    from notifications.outbox import statistics
    from workflow.wording import kind_name, word

    with session.reading(common) as call:
        found, waiting, zone = statistics(call.s), backlog(call.s, call.now), call.zone
    if common.as_json:
        print_json(
            [
                {"kind": kind, "channel": channel, "state": state, "n": n}
                for (kind, channel, state), n in found.items()
            ]
        )
        return
    print_table(
        (_("Kind of notice"), _("Channel"), _("State"), _("Count")),
        [
            (kind_name(kind), word("channel", channel), word("notice", state), n)
            for (kind, channel, state), n in found.items()
        ],
        _("No notices."),
    )
    _say_what_waits(waiting, zone)


def _say_what_waits(waiting: Any, zone: Any) -> None:
    from workflow.waiting_words import waits

    for line in waits(waiting, zone):
        click.echo(line)


@outbox.command("failed", help=N_("List messages that nobody got."))
@using_database
def failed(common: Common) -> None:
    """Exit code 1 when there are any."""
    if _failures(common):
        raise click.exceptions.Exit(1)


def _failures(common: Common) -> bool:
    from cli import session
    from cli.output import print_json, print_table
    from notifications import outbox as notices
    from workflow.context import context
    from workflow.waiting_words import reason_word
    from workflow.wording import kind_name, word

    with session.reading(common) as call:
        found, people = notices.failed(call.s), context(call.s).directory
    if common.as_json:
        print_json(found)
    else:
        print_table(
            (_("No."), _("Recipient"), _("Channel"), _("Tries"), _("Kinds"), _("Reason")),
            [
                (
                    f.id,
                    people.person_name(f.recipient_id),
                    word("channel", f.channel),
                    f.attempts,
                    [kind_name(kind) for kind in f.kinds],
                    reason_word(f.reason),
                )
                for f in found
            ],
            _("No message has failed."),
        )
    return bool(found)


@outbox.command("retry", help=N_("Give failed messages all their tries again."))
@click.argument("numbers", metavar="NUMBER", type=int, nargs=-1)
@option("--all", "every", is_flag=True, help=N_("All that have failed."))
@reading
def retry(common: Common, numbers: tuple[int, ...], every: bool) -> None:
    """By the numbers that `outbox failed` shows. Who did so enters the history."""
    from cli.session import writing
    from notifications import outbox as notices
    from workflow import deliveries

    if every == bool(numbers):
        raise click.UsageError(_("Give either numbers or --all."))
    with writing(common) as call:
        chosen = [f.id for f in notices.failed(call.s)] if every else list(numbers)
        freed = deliveries.retry(call.s, chosen, actor=call.actor, now=call.now)
    _say(common, {"notices": freed}, _("{n} notices go out again.").format(n=freed))


@outbox.command("held", help=N_("List messages that are held because they are too many."))
@using_database
def held(common: Common) -> None:
    """Exit code 1 when there are any."""
    from cli import session
    from cli.output import moment, print_json, print_table
    from notifications.storms import held as waiting
    from workflow.wording import kind_name, word

    with session.reading(common) as call:
        found, zone = waiting(call.s), call.zone
    if common.as_json:
        print_json([asdict(one) | {"messages": one.messages} for one in found])
    else:
        print_table(
            (_("No."), _("When"), _("Messages"), _("Recipients"), _("Kinds"), _("Channel")),
            [
                (
                    one.id,
                    moment(_local(one.at, zone)),
                    one.messages,
                    one.recipients,
                    [f"{kind_name(kind)} × {n}" for kind, n in one.kinds.items()],
                    [f"{word('channel', name)} × {n}" for name, n in one.channels.items()],
                )
                for one in found
            ],
            _("Nothing is held."),
        )
    if found:
        raise click.exceptions.Exit(1)


@outbox.command("release", help=N_("Let held messages go."))
@click.argument("number", metavar="NUMBER", type=int)
@option("--reason", default="", help=N_("Why."))
@reading
def release(common: Common, number: int, reason: str) -> None:
    """By the number that `outbox held` shows."""
    from cli.session import writing
    from workflow import deliveries

    with writing(common) as call:
        n = deliveries.release(call.s, hold=number, reason=reason, actor=call.actor, now=call.now)
    _say(common, {"messages": n}, _("{n} messages were released.").format(n=n))


@outbox.command("drop", help=N_("Drop held messages; they stand among the failed ones then."))
@click.argument("number", metavar="NUMBER", type=int)
@option("--reason", required=True, help=N_("Why."))
@reading
def drop(common: Common, number: int, reason: str) -> None:
    """By the number that `outbox held` shows."""
    from cli.session import writing
    from workflow import deliveries

    with writing(common) as call:
        n = deliveries.drop(call.s, hold=number, reason=reason, actor=call.actor, now=call.now)
    text = _("{n} messages were dropped; they stand among the failed ones.").format(n=n)
    _say(common, {"messages": n}, text)


@outbox.command("bounced", help=N_("List addresses that were refused and are not used."))
@using_database
def bounced(common: Common) -> None:
    """Exit code 1 when there are any."""
    from cli import session
    from cli.output import moment, print_json, print_table
    from notifications.bounces import bounced as bad
    from workflow.context import context
    from workflow.wording import word

    with session.reading(common) as call:
        found, people, zone = bad(call.s), context(call.s).directory, call.zone
    if common.as_json:
        print_json(found)
    else:
        print_table(
            (_("Person"), _("Channel"), _("Code"), _("Address"), _("Since"), _("Reason")),
            [
                (
                    people.person_name(b.person_id),
                    word("channel", b.channel),
                    b.channel,
                    b.address,
                    moment(_local(b.since, zone)),
                    b.reason,
                )
                for b in found
            ],
            _("Every address works."),
        )
    if found:
        raise click.exceptions.Exit(1)


@outbox.command("clear", help=N_("Take a refused address into use again."))
@click.argument("channel", metavar="CHANNEL")
@click.argument("address", metavar="ADDRESS")
@reading
def clear(common: Common, channel: str, address: str) -> None:
    """As `outbox bounced` shows it."""
    from cli.session import writing
    from workflow import deliveries

    with writing(common) as call:
        deliveries.clear_bounce(
            call.s, channel=channel, address=address, actor=call.actor, now=call.now
        )
    _say(common, {"channel": channel, "address": address}, _("The address is used again."))


def _local(moment: datetime, zone: Any) -> str:
    return moment.astimezone(zone).isoformat(timespec="minutes")


def _say(common: Common, data: dict[str, Any], text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)


@outbox.command("deliver", help=N_("Send what is due now, and return."))
@using_database
def deliver(common: Common) -> None:
    """What a worker does all the time, once."""
    from cli.output import print_json
    from cli.session import moment_of, opened, zone_of
    from config.settings import settings
    from notifications.backlog import backlog
    from notifications.channels import registry
    from workflow.scheduler import deliver as send
    from workflow.scheduler import worker_name

    with opened(common.db_url) as db:
        now = moment_of(db, common)
        report, zone = send(db, registry(settings()), now, worker_name()), zone_of(db)
        with db.read() as s:
            waiting = backlog(s, now)
    if common.as_json:
        print_json(report)
    else:
        click.echo(
            _("Sent: {sent}, to be tried again: {retried}, failed: {failed}.").format(
                sent=report.sent, retried=report.retried, failed=report.failed
            )
        )
        _say_what_waits(waiting, zone)
