"""Taking a list: nothing before the office has chosen, everything in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import OFFICE, require
from projects.library import commands as library
from projects.library import comparing, fields, listings, merging
from projects.library.imports import headers
from projects.library.imports.plan import Plan, RowPlan, Target, entry_values, make
from projects.library.imports.rows import entries
from projects.lights.following import together
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason, WorkflowError
from workflow.ledgers.import_store import savepoint
from workflow.ledgers.reader import bared, read_ledger

STREAM = "project_lists"
MOST_ROWS = 2000
"""Rows of one list: all of them are taken in one transaction."""
SAME, SKIP = "same", "skip"
"""What the office says of a doubtful row: it is that project, or it is left out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read: its plan, the columns that were known and those that were not."""

    plan: Plan
    columns: list[headers.Column]
    unknown: list[str]


@dataclass(slots=True)
class Choices:
    """What the office has chosen: by row and field, by doubtful row, and for all the rest.

    `partial` leaves refused rows out; otherwise one refused row stops everything.
    """

    fields: dict[int, dict[str, str]] = field(default_factory=dict)
    doubtful: dict[int, str] = field(default_factory=dict)
    rest: str = ""
    partial: bool = False


@dataclass(slots=True)
class Taken:
    """How many rows were added, changed, put on the list only, found the same, left out."""

    added: int = 0
    changed: int = 0
    listed: int = 0
    unchanged: int = 0
    left_out: int = 0
    projects: list[int] = field(default_factory=list)


def read(
    s: Session, *, actor: PersonInfo, path: Path | str, target: Target, lock: bool = False
) -> Reading:
    """Read a list and compare it with the library. Nothing is written.

    Raises `Malformed` for a file that cannot be read, has no column of names, or too many rows.
    """
    require(actor, OFFICE)
    _check(target)
    file = read_ledger(path)
    columns, unknown = headers.read(file.headers)
    if "name" not in {column.field for column in columns}:
        raise _no_names()
    found = []
    lines = bared(file.rows) if Path(path).suffix.lower() == ".csv" else file.rows
    for entry in entries(lines, columns, context(s).directory):
        found.append(entry)
        if len(found) > MOST_ROWS:
            message = _("The list has more than {n} rows.").format(n=MOST_ROWS)
            raise Malformed(Reason("list_too_long", message, "file", _("Split it.")))
    return Reading(make(s, found, target, lock=lock), columns, unknown)


def take(
    s: Session,
    *,
    actor: PersonInfo,
    path: Path | str,
    target: Target,
    choices: Choices,
    expect: str,
    now: datetime,
) -> Taken:
    """Take the list as it was shown (`expect`: its digest) and as the office has chosen.

    Raises `StaleVersion` where a record has changed since, `Malformed` where a choice is
    missing, `GuardFailed` where a row is refused; then nothing is written.
    """
    plan = read(s, actor=actor, path=path, target=target, lock=True).plan
    comparing.refuse_unseen(plan.digest, expect)
    _refuse_bad_rows(plan, choices)
    wanted = _chosen(plan, choices)
    done, wrong = Taken(), []
    with together(s, now):
        for row in plan.rows:
            try:
                with savepoint(s):
                    _take(s, actor, row, wanted, plan.target, done, now)
            except WorkflowError as error:
                wrong += [_of_row(row, reason) for reason in error.reasons]
        if wrong:
            raise GuardFailed(*wrong)
    said = {"list": target.list_code, "year": target.year, "library": target.library,
            "file": Path(path).name, "digest": expect, "added": done.added,
            "changed": done.changed, "listed": done.listed, "unchanged": done.unchanged,
            "left_out": done.left_out}  # fmt: skip
    history.note(s, STREAM, "projects.imported", said, actor, now)
    return done


def _check(target: Target) -> None:
    listings.check(target.list_code, target.year)
    if not target.library.strip():
        message = _("The library that the list is from is not named.")
        raise Malformed(Reason("library_missing", message, "library", _("Name the library.")))


def _no_names() -> Malformed:
    names = ", ".join(headers.names_of("name"))
    message = _("The file has no column with the names of projects.")
    remedy = _("Give one of its columns one of these headings: {names}.").format(names=names)
    return Malformed(Reason("no_names", message, "file", remedy))


def _refuse_bad_rows(plan: Plan, choices: Choices) -> None:
    bad = plan.of("refused")
    if bad and not choices.partial:
        raise GuardFailed(*(_of_row(row, reason) for row in bad for reason in row.reasons))


def _chosen(plan: Plan, choices: Choices) -> dict[int, dict[str, str]]:
    """What each row writes into the record it meets. Raises `Malformed` for what is still open."""
    found: dict[int, dict[str, str]] = {}
    wrong: list[Reason] = []
    for row in plan.rows:
        if row.project is None or row.kind in ("refused", "same"):
            continue
        number = row.entry.number
        if row.kind == "doubtful" and choices.doubtful.get(number) != SAME:
            if choices.doubtful.get(number) != SKIP:
                wrong.append(_of_row(row, _doubt()))
            continue
        try:
            own = choices.fields.get(number, {})
            found[number] = comparing.chosen(row.differences, own, choices.rest)
        except Malformed as error:
            wrong += [_of_row(row, reason) for reason in error.reasons]
    if wrong:
        raise Malformed(*wrong)
    return found


def _doubt() -> Reason:
    return Reason("doubt_open", _("Say whether this is the same project."), "doubtful")


def _of_row(row: RowPlan, reason: Reason) -> Reason:
    message = _("Row {row}: {message}").format(row=row.entry.number, message=reason.message)
    return Reason(reason.code, message, f"{row.entry.number}:{reason.field}", reason.remedy)


def _take(
    s: Session,
    actor: PersonInfo,
    row: RowPlan,
    wanted: Mapping[int, dict[str, str]],
    target: Target,
    done: Taken,
    now: datetime,
) -> None:
    if row.kind == "same":
        done.unchanged += 1
        return
    taken = wanted.get(row.entry.number)
    if (row.project is not None and taken is None) or row.kind == "refused":
        done.left_out += 1
        return
    if row.project is None:
        key = _add(s, actor, row, target, now)
        done.added += 1
    else:
        key = row.project
        _write(s, actor, key, taken or {}, target, now)
        done.changed += bool(taken)
        done.listed += not taken
    done.projects.append(key)
    if not row.listed:
        listings.enlist(
            s, actor=actor, project_id=key, list_code=target.list_code, year=target.year,
            now=now, **entry_values(row.entry, target),
        )  # fmt: skip


def _add(s: Session, actor: PersonInfo, row: RowPlan, target: Target, now: datetime) -> int:
    told = row.entry.record
    plain = {name: text for name, text in told.items() if name in fields.BY_NAME}
    source = comparing.list_name(target.list_code, target.year)
    key = library.add(
        s, actor=actor, values=plain, board=told.get("board", ""),
        source=f"{target.library} {source}", now=now,
    ).id  # fmt: skip
    beside = {name: text for name, text in told.items() if name not in plain and name != "board"}
    _write(s, actor, key, beside, target, now)
    return key


def _write(
    s: Session, actor: PersonInfo, key: int, taken: dict[str, str], target: Target, now: datetime
) -> None:
    plain: dict[str, Any] = {n: text for n, text in taken.items() if n in fields.BY_NAME}
    if plain:
        library.edit(s, actor=actor, project_id=key, values=plain, now=now)
    day = min(target.as_of, _today(s, now))
    for name, text in taken.items():
        if name not in plain:
            merging.write_beside(s, actor, key, name, text, day, now)


def _today(s: Session, now: datetime) -> date:
    return now.astimezone(context(s).calendar().tz).date()
