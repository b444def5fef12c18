"""`xiaohao source`: platforms that hand issues in, and the news that goes back to them."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, option, reading, using_database
from config.i18n import N_
from config.i18n import gettext as _

_NAME = option("--name", help=N_("What it is called."))
_PERSON = option("--person", help=N_("Username of the account that files its issues."))
_URL = option("--callback-url", help=N_("Where it wants to hear of its issues."))
_SECRET = option("--secret-name", help=N_("Name of the secret that signs the news to it."))


@group(N_("Platforms that hand issues in, and the news to them."))
def source() -> None:
    """Platforms."""


@source.command("add", help=N_("Register a platform."))
@click.argument("code", metavar="CODE")
@option("--name", required=True, help=N_("What it is called."))
@option("--person", required=True, help=N_("Username of the account that files its issues."))
@option("--callback-url", default="", help=N_("Where it wants to hear of its issues."))
@option("--secret-name", default="", help=N_("Name of the secret that signs the news to it."))
@reading
def add(common: Common, code: str, **fields: str) -> None:
    """A new platform."""
    from cli.session import writing
    from workflow import sources

    with writing(common) as call:
        key = sources.register(call.s, actor=call.person, code=code, now=call.now, **fields)
    _done(common, {"id": key, "code": code}, _("Platform {code} was added.").format(code=code))


@source.command("set", help=N_("Change a platform; what is not given stays."))
@click.argument("code", metavar="CODE")
@_NAME
@_PERSON
@_URL
@_SECRET
@option("--active/--inactive", default=None, help=N_("Whether it may hand anything in."))
@reading
def set_(common: Common, code: str, **fields: Any) -> None:
    """Name, account, address, secret, activity."""
    from cli.session import given, writing
    from workflow import sources

    with writing(common) as call:
        sources.update_source(call.s, actor=call.person, code=code, now=call.now, **given(**fields))
    text = _("Platform {code} was changed.").format(code=code)
    _done(common, {"code": code} | given(**fields), text)


@source.command("list", help=N_("List the platforms."))
@reading
def list_(common: Common) -> None:
    """With account and address, never with a secret."""
    from cli import session
    from cli.output import print_json, print_table
    from workflow import sources
    from workflow.context import context

    with session.writing(common) as call:
        people = context(call.s).directory.people
        rows: list[dict[str, Any]] = [
            {
                "code": row.code,
                "name": row.name,
                "person": people[row.person_id].username,
                "callback_url": row.callback_url,
                "secret_name": row.secret_name,
                "active": row.active,
            }
            for row in sources.list_sources(call.s, actor=call.person)
        ]
    if common.as_json:
        print_json(rows)
        return
    titles = (_("Code"), _("Name"), _("Account"), _("Call-backs to"), _("Secret"), _("Active"))
    print_table(titles, [tuple(row.values()) for row in rows], _("No platforms."))


@source.command("failed", help=N_("List the news that no platform took."))
@using_database
def failed(common: Common) -> None:
    """Exit code 1 when there is any."""
    from cli import session
    from cli.output import print_json, print_table
    from notifications.callbacks import failures

    with session.reading(common) as call:
        found = failures.failed(call.s)
    if common.as_json:
        print_json(found)
    else:
        print_table(
            (_("No."), _("Platform"), _("Issue"), _("Tries"), _("Reason")),
            [(f.id, f.source, f.issue, f.attempts, f.reason) for f in found],
            _("No news has failed."),
        )
    if found:
        raise click.exceptions.Exit(1)


@source.command("retry", help=N_("Give news that failed all its tries again."))
@click.argument("numbers", metavar="NUMBER", type=int, nargs=-1)
@option("--all", "every", is_flag=True, help=N_("All that has failed."))
@using_database
def retry(common: Common, numbers: tuple[int, ...], every: bool) -> None:
    """By the numbers that `source failed` shows."""
    from cli.session import writing
    from notifications.callbacks import failures

    if every == bool(numbers):
        raise click.UsageError(_("Give either numbers or --all."))
    with writing(common) as call:
        chosen = [f.id for f in failures.failed(call.s)] if every else list(numbers)
        freed = failures.retry(call.s, chosen, call.now)
    _done(common, {"news": freed}, _("{n} pieces of news go out again.").format(n=freed))


@source.command("deliver", help=N_("Send the news that is due now, and return."))
@using_database
def deliver(common: Common) -> None:
    """What a worker does all the time, once."""
    from cli.session import moment_of, opened
    from workflow.scheduler import send_news, worker_name

    with opened(common.db_url) as db:
        report = send_news(db, moment_of(db, common), worker_name())
    text = _("Sent: {sent}, to be tried again: {retried}, failed: {failed}.").format(
        sent=report.sent, retried=report.retried, failed=report.failed
    )
    _done(common, report, text)


def _done(common: Common, data: Any, text: str) -> None:
    from cli.output import print_json

    if common.as_json:
        print_json(data)
    else:
        click.echo(text)
