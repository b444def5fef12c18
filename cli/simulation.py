"""`policy simulate`: which policy and calendar it uses, and how the answer is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.files import read_text
from cli.output import line, print_table
from cli.session import database_url, is_missing_file, opened
from config.i18n import gettext as _
from config.policy import Policy, parse_policy, shipped_policy
from models.db import Database
from models.directory import Directory
from workflow.calendar import WorkCalendar
from workflow.context import build_calendar, context
from workflow.simulate import Simulation, shipped_calendar, simulate
from workflow.typed import parse_moment
from workflow.wording import derivation_lines, kind_name, word


def run(
    policy_file: Path | None,
    db_url: str | None,
    *,
    category: str,
    dispatched: str,
    urgent: bool | None,
    days: int | None,
    due: str | None,
) -> Simulation:
    """Simulate as the command line asks."""
    given = parse_policy(read_text(policy_file), str(policy_file)) if policy_file else None
    policy, calendar, directory = _rules(given, db_url, category)
    end = policy.hours.day_end
    return simulate(
        policy,
        calendar,
        directory,
        category=category,
        urgent=urgent,
        days=days,
        dispatched=parse_moment(dispatched, calendar.tz, "dispatched", "09:00"),
        due=parse_moment(due, calendar.tz, "deadline", end) if due else None,
    )


def _rules(
    given: Policy | None, db_url: str | None, category: str
) -> tuple[Policy, WorkCalendar, Directory | None]:
    """Policy, calendar and people: the database's where there is one."""
    url = database_url(db_url)
    if not (db_url is None and is_missing_file(url)) and _usable(url, required=bool(db_url)):
        with opened(url) as db:
            return _from_database(db, given, category)
    policy = given or parse_policy(shipped_policy(), "config/policy.toml")
    return policy, shipped_calendar(policy), None


def _usable(url: str, *, required: bool) -> bool:
    """A database that was named must work; the usual one may also be absent or not ready."""
    from sqlalchemy.exc import SQLAlchemyError

    from cli.faults import Fault

    if required:
        return True
    try:
        with opened(url):
            return True
    except (Fault, SQLAlchemyError):
        return False


def _from_database(
    db: Database, given: Policy | None, category: str
) -> tuple[Policy, WorkCalendar, Directory | None]:
    """As a task of that category would have it: with the lead unit's own calendar."""
    from models.queries.calendar_days import load_calendar_days

    with db.read() as s:
        ctx = context(s)
        policy = given or ctx.policy()
        rules = policy.categories.get(category)
        unit = ctx.directory.find_unit(rules.lead) if rules else None
        days = load_calendar_days(s, unit.id if unit else None)
        calendar = build_calendar(
            policy,
            holidays=days.holidays,
            workdays=days.workdays,
            provisional_years=days.provisional_years,
            edition=ctx.calendar_edition,
        )
        return policy, calendar, ctx.directory


def print_simulation(found: Simulation) -> None:
    """The deadline with its derivation, then each rung."""
    due = found.deadline.due_at
    line(_("Category"), found.category + (_(" (urgent)") if found.urgent else ""))
    line(_("Handed over"), f"{found.dispatched:%Y-%m-%d %H:%M}")
    line(_("Receipt until"), f"{found.acknowledge_by:%Y-%m-%d %H:%M}")
    line(_("Deadline"), f"{due:%Y-%m-%d %H:%M}" if due else _("none"))
    for text in derivation_lines(found.deadline.derivation):
        click.echo(f"  {text}")
    rows: list[tuple[Any, ...]] = [
        (
            0,
            f"{found.dispatched:%Y-%m-%d %H:%M}",
            kind_name("dispatch"),
            word("mode", "automatic"),
            _("lead unit and supporting units"),
            "",
            "",
        )
    ]
    rows += [
        (
            r.level,
            f"{r.at:%Y-%m-%d %H:%M}" if r.at else "",
            r.document,
            word("mode", r.mode),
            [str(a) for a in r.to],
            [str(a) for a in r.copied],
            "" if r.fires else _("does not fire: {why}").format(why=r.why_not),
        )
        for r in found.rungs
    ]
    print_table(
        (_("Level"), _("When"), _("Document"), _("Mode"), _("To"), _("Copy"), _("Remark")), rows
    )
