"""A new row becomes an issue, through the very commands that people use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from models.db import Session
from models.directory import PersonInfo
from workflow.commands import assignment, breakdown, discovery
from workflow.commands.breakdown import Plan
from workflow.commands.discovery import Report
from workflow.ledgers.checks import Checks
from workflow.ledgers.decode import Entry
from workflow.ledgers.mapping import Mapping

_TITLE = 60


@dataclass(frozen=True, slots=True)
class People:
    """Who imports: reports, breaks down (and asks for changes), hands over (and rules)."""

    report: PersonInfo
    triage: PersonInfo
    dispatch: PersonInfo


def take(
    s: Session, entry: Entry, mapping: Mapping, checks: Checks, people: People, now: datetime
) -> None:
    """Report a row; break it down and hand it over as far as the mapping says.

    Only a row with measures is broken down; lead, limit and verifier may come from its category.
    """
    number = discovery.report(
        s, actor=people.report, form=_report(entry, mapping), now=now
    ).issue_number
    if not mapping.plans or not entry.text("measures"):
        return
    discovery.start_triage(s, actor=people.triage, issue=number, now=now)
    breakdown.plan_task(s, actor=people.triage, issue=number, form=plan_of(entry, checks), now=now)
    if mapping.rules.dispatch:
        assignment.dispatch(s, actor=people.dispatch, issue=number, now=now)


def _report(entry: Entry, mapping: Mapping) -> Report:
    found = entry.text("found_on")
    return Report(
        title=title_of(entry),
        description=entry.text("description"),
        category=entry.text("category"),
        project=entry.text("project") or None,
        no_project_reason=entry.text("no_project_reason"),
        board=entry.text("board") or None,
        urgent=entry.flag("urgent"),
        major=bool(entry.flag("major")),
        found_on=date.fromisoformat(found) if found else None,
        source_system=mapping.source_system,
        source_id=entry.source_id,
    )


def title_of(entry: Entry) -> str:
    """The issue's title: the row's own, else the first words of its description."""
    return entry.text("title") or _first_words(entry.text("description"))


def _first_words(description: str) -> str:
    """A title for ledgers that only describe: the beginning of the first line."""
    line = description.strip().split("\n", 1)[0].strip()
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"


def plan_of(entry: Entry, checks: Checks) -> Plan:
    """The task that a row describes."""
    days = entry.text("days")
    return Plan(
        measures=entry.text("measures"),
        lead=entry.text("lead") or None,
        verifier=entry.text("verifier") or None,
        co_units=entry.units(),
        limit=entry.text("limit") or None,
        days=int(days) if days else None,
        due=checks.due(entry),
    )
