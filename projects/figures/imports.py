"""Monthly figures of many projects from one table: previewed, named faults, all or nothing.

A blank cell leaves what stands there; to take a figure back, use the form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from models.queries.projects import visible_projects
from projects import months, snapshots
from projects.figures.amounts import wan
from projects.figures.commands import (
    COLUMNS,
    Figure,
    collect,
    hold,
    refuse_closed,
    reportable,
    standing,
    write,
)
from projects.sections.shared import yi_text
from projects.tables_in import Table, digest_of
from workflow.context import context
from workflow.errors import Malformed, Reason, StaleVersion, WorkflowError

NAMES: dict[str, tuple[str, ...]] = {
    "project": ("项目名称", "项目"),
    "code": ("项目代码",),
    "month": ("月份",),
    "reported": ("当月上报投资(亿元)", "当月上报投资（亿元）", "上报投资(亿元)", "上报投资"),
    "statistical": ("当月列统投资(亿元)", "当月列统投资（亿元）", "列统投资(亿元)", "列统投资"),
    "progress": ("形象进度",),
    "note": ("备注",),
}
NEEDED = ("project",)
HEADERS = tuple(headers[0] for headers in NAMES.values())
"""The headers of the table that the portal hands out to be filled in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table: the project's figures as they would be, and as they are."""

    row: int
    project_id: int
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    version: int

    @property
    def changed(self) -> bool:
        """Whether it would change anything."""
        return self.before != self.after


@dataclass(slots=True)
class Preview:
    """What an import would do."""

    month: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def changed(self) -> list[Entry]:
        """The rows that would change something."""
        return [entry for entry in self.entries if entry.changed]

    @property
    def digest(self) -> str:
        """What a preview shows, as one short text: another outcome has another digest."""
        return digest_of((e.project_id, e.version, e.after) for e in self.entries)


def preview(
    s: Session, table: Table, *, month: str, actor: PersonInfo, now: datetime
) -> Preview:  # fmt: skip
    """What the table would do. Raises `Malformed` naming every faulty row, `NotAllowed` where one
    of the projects is not the person's, and `GuardFailed` for a month that is frozen."""
    month = months.checked(month)
    refuse_closed(s, month, now)
    faults: list[Reason] = []
    known = _known(s, actor)
    rows = [one for row, cells in table.rows if (one := _row(row, cells, month, known, faults))]
    if faults:
        raise Malformed(*faults)
    reportable(s, actor, [project.id for _row_, project, _cells in rows])
    present = standing(s, month, [project.id for _row_, project, _cells in rows])
    found = Preview(month, [
        _entry(row, project, cells, present.get(project.id)) for row, project, cells in rows
    ])  # fmt: skip
    _refuse_twins(found.entries)
    return found


def apply(
    s: Session, table: Table, *, month: str, actor: PersonInfo, now: datetime, expect: str = ""
) -> Preview:
    """Take the whole table; `expect`: the digest of the preview that was confirmed."""
    snapshots.exclude_freezes(s)
    found = preview(s, table, month=month, actor=actor, now=now)
    if expect and expect != found.digest:
        message = _("The figures have changed since the preview.")
        raise StaleVersion(
            Reason("stale", message, "table", _("Look at the new preview, then confirm it."))
        )
    figures = [
        Figure(e.project_id, **e.after, expected_version=e.version, row=e.row)
        for e in found.changed
    ]
    hold(s, [figure.project_id for figure in figures])
    projects = reportable(s, actor, [figure.project_id for figure in figures])
    write(s, month, figures, projects, actor, now)
    return found


def template_rows(s: Session, month: str, ids: Iterable[int]) -> list[list[str]]:
    """The rows of the table to be filled in: every project with what stands there."""
    wanted = set(ids)
    p, present = tables.project.c, standing(s, month, wanted)
    found = []
    for row in s.execute(select(p.id, p.name, p.code).order_by(p.id)):
        if row.id in wanted:
            m = present.get(row.id)
            amounts = [yi_text(getattr(m, n)) or "" for n in COLUMNS[:2]] if m else ["", ""]
            texts = [m.progress, m.note] if m else ["", ""]
            found.append([row.name, row.code or "", month, *amounts, *texts])
    return found


def _known(s: Session, actor: PersonInfo) -> dict[str, Any]:
    """The projects that the person may know of, by name and by code."""
    p = tables.project.c
    condition = visible_projects(actor, context(s).directory)
    chosen = select(p.id, p.name, p.code).where(condition, p.merged_into_id.is_(None))
    found = {}
    for row in s.execute(chosen):
        found[row.name] = row
        if row.code:
            found[row.code] = row
    return found


def _row(
    row: int, cells: dict[str, str], month: str, known: dict[str, Any], faults: list[Reason]
) -> tuple[int, Any, dict[str, Any]] | None:
    try:
        project = _project(cells, known)
        if cells["month"] and months.checked(cells["month"]) != month:
            message = _("The row is of {other}, not of {month}.")
            raise Malformed(Reason(
                "month", message.format(other=cells["month"], month=month), "month",
                _("Import each month by itself."),
            ))  # fmt: skip
        return row, project, _given(cells)
    except WorkflowError as error:
        collect(faults, error, row)
        return None


def _project(cells: dict[str, str], known: dict[str, Any]) -> Any:
    """By code, else by name; where both name one, it is the same one."""
    code, name = cells["code"], cells["project"]
    project = known.get(code or name)
    if project is None:
        raise Malformed(_unknown(code or name))
    other = known.get(name)
    if other is not None and other.id != project.id:
        message = _("The code is that of {one}, the name that of {other}.")
        told = message.format(one=project.name[:80], other=name[:80])
        raise Malformed(Reason("two_projects", told, "code", _("Correct one of the two.")))
    return project


def _given(cells: dict[str, str]) -> dict[str, Any]:
    """The figures that the row states; blank cells are left out."""
    amounts = {f"{n}_wan": wan(cells[n], n) for n in ("reported", "statistical")}
    texts = {name: cells[name] for name in ("progress", "note")}
    return {name: v for name, v in (amounts | texts).items() if v not in (None, "")}


def _unknown(name: str) -> Reason:
    message = _("There is no project {name}.").format(name=name[:80] or "—")
    return Reason("project_unknown", message, "project", _("Write the full name, or the code."))


def _entry(row: int, project: Any, given: dict[str, Any], present: Any) -> Entry:
    before: dict[str, Any] = {"reported_wan": None, "statistical_wan": None, "progress": "",
                              "note": ""}  # fmt: skip
    if present is not None:
        before = {name: getattr(present, name) for name in COLUMNS}
    version = present.version if present is not None else 0
    return Entry(row, project.id, project.name, before, before | given, version)


def _refuse_twins(entries: list[Entry]) -> None:
    seen: dict[int, int] = {}
    faults = []
    for entry in entries:
        first = seen.setdefault(entry.project_id, entry.row)
        if first != entry.row:
            message = _("Row {row}: the same project as row {first}.")
            faults.append(Reason(
                "twin", message.format(row=entry.row, first=first), "project",
                _("Remove one of the two."),
            ))  # fmt: skip
    if faults:
        raise Malformed(*faults)
