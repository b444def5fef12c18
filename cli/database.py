"""`xiaohao db`: preparing the database and seeing its state."""

from __future__ import annotations

from typing import Any

import click

from cli.kit import Common, group, json_option, option, using_database, with_common
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Prepare the database and see its state."))
def db() -> None:
    """The database itself."""


@db.command("upgrade", help=N_("Bring the database to this version, and install what is missing."))
@using_database
def upgrade(common: Common) -> None:
    """Migrate; put the shipped definitions in force where there are none."""
    from cli.output import print_json
    from cli.session import database_url, prepare

    url = database_url(common.db_url)
    prepare(url)
    found = _status(url)
    if common.as_json:
        print_json(found)
    else:
        click.echo(
            _("The database {path} is at revision {revision}.").format(
                path=found["url"], revision=found["current"]
            )
        )
        if not found["people"]:
            for step in _FIRST_STEPS:
                click.echo(_(step))


@db.command("status", help=N_("Show revision, editions and size."))
@using_database
def status(common: Common) -> None:
    """What is there; exit code 5 when it is not ready for use."""
    from cli.faults import BROKEN
    from cli.output import line, print_json
    from cli.session import database_url

    found = _status(database_url(common.db_url))
    if common.as_json:
        print_json(found)
    else:
        for label, key in _LABELS:
            line(_(label), found.get(key))
    if not found["ready"]:
        if not common.as_json:
            click.echo(_("Run: xiaohao db upgrade"), err=True)
        raise click.exceptions.Exit(BROKEN)


@db.command("copy", help=N_("Copy everything to another database, and compare the two."))
@option("--from", "source", required=True, metavar="URL", help=N_("The database to copy."))
@option("--to", "target", required=True, metavar="URL", help=N_("An empty one, or a copy begun."))
@option("--anew", is_flag=True, help=N_("Empty the target first: it was begun from another state."))
@with_common(json_option)
def copy(common: Common, source: str, target: str, anew: bool) -> None:
    """Goes on where it was interrupted; exit code 5 when the two differ at its end."""
    from cli.faults import BROKEN
    from cli.output import print_json
    from cli.progress import stages
    from cli.session import opened
    from storage.copying import copy as transfer

    words = {"read": _("Compare"), "copy": _("Copy")}
    with opened(source) as found, stages(words) as told:
        done = transfer(found, target, told, anew=anew)
    if common.as_json:
        print_json(done)
    else:
        for fault in done.faults:
            click.echo(fault, err=True)
        click.echo(
            _("{tables} tables, {rows} rows, {events} events verified.").format(
                tables=done.tables, rows=done.rows, events=done.events
            )
        )
    if done.faults:
        if not common.as_json:
            click.echo(
                _("The two differ. Nobody may write meanwhile: repeat with --anew."), err=True
            )
        raise click.exceptions.Exit(BROKEN)


@db.command("partition", help=N_("Keep events and notices by month (PostgreSQL)."))
@using_database
def partition(common: Common) -> None:
    """While the system works; repeated after an interruption it goes on."""
    from cli.output import print_json
    from cli.session import moment_of, opened
    from models import partitions
    from workflow.errors import GuardFailed, Reason

    def told(what: str) -> None:
        click.echo(what, err=True)

    with opened(common.db_url) as found:
        try:
            turned = partitions.partition(found.url, moment_of(found, common), told)
        except (ValueError, RuntimeError) as error:
            raise GuardFailed(
                Reason("not_partitioned", _("Not partitioned: {error}.").format(error=error), "db")
            ) from error
        with found.engine.connect() as connection:
            every = {k.table: partitions.partitions(connection, k.table) for k in partitions.KINDS}
    if common.as_json:
        print_json({"turned": turned, "partitions": every})
        return
    for table, names in every.items():
        click.echo(f"{table}: {', '.join(names)}")


_FIRST_STEPS = (
    N_("Nobody is in it yet. The next steps (see docs/first-day.md):"),
    N_("  units:          xiaohao unit load"),
    N_("  administrators: xiaohao person add USERNAME NAME --unit CODE --role sysadmin"),
    N_("                  xiaohao person add USERNAME NAME --unit CODE --role secadmin --as ADMIN"),
    N_("  people:         xiaohao person add USERNAME NAME --unit CODE --post head --as ADMIN"),
    N_("  rights:         xiaohao person grant USERNAME ROLE --as SECADMIN"),
)
_LABELS = (
    (N_("Database"), "url"),
    (N_("Revision"), "current"),
    (N_("Newest revision"), "head"),
    (N_("Ready"), "ready"),
    (N_("Policy version"), "policy_version"),
    (N_("Workflow version"), "workflow_version"),
    (N_("Calendar edition"), "calendar_edition"),
    (N_("Units"), "units"),
    (N_("People"), "people"),
    (N_("Issues"), "issues"),
    (N_("Events"), "events"),
)


def _status(url: str) -> dict[str, Any]:
    from cli.session import is_missing_file, shown_url
    from models import migrate

    current = None if is_missing_file(url) else migrate.current(url)
    found: dict[str, Any] = {"url": shown_url(url), "current": current, "head": migrate.head()}
    if current is not None:
        found |= _contents(url)
    found["ready"] = current == found["head"] and "policy_version" in found
    return found


def _contents(url: str) -> dict[str, Any]:
    from sqlalchemy import func, select

    from models import tables
    from models.db import Database

    database = Database(url)
    try:
        with database.read() as s:
            head = s.execute(select(tables.engine_head)).one_or_none()
            counts = {
                name: s.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in (
                    ("units", tables.unit),
                    ("people", tables.person),
                    ("issues", tables.issue),
                    ("events", tables.event),
                )
            }
    finally:
        database.close()
    if head is None:
        return counts
    return counts | {
        "policy_version": head.policy_version_id,
        "workflow_version": head.workflow_version_id,
        "calendar_edition": head.calendar_edition,
    }
