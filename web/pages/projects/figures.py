"""/figures: a unit's monthly figures in one form, and tables in and out."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData

from models import tables
from models.queries.projects import visible_projects
from projects import months, snapshots
from projects.access import CHIEF
from projects.figures import dates, freezing, reminders
from projects.figures import imports as figure_import
from projects.figures.amounts import wan
from projects.figures.commands import Figure, answered, report_figures, standing
from projects.sections.shared import yi_text
from projects.tables_in import from_text
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, posted_with_files, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.figures_asked import Asked, key_of
from web.pages.targets.common import Data, MonthText
from web.pages.targets.imports import uploaded
from web.templating import page, url
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
PER_PAGE = 40
Key = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=1000)]


@router.get("/figures")
def form(
    request: Request, month: MonthText = "", board: Key = None, project: Key = None,
    every: bool = False, missing: bool = False, done: bool = False, page_number: PageNumber = 1,
) -> HTMLResponse:  # fmt: skip
    """The form of a month with every project that the person answers for; with `missing` those
    alone that are asked and have not reported."""
    with reading(request) as call:
        refuse_administrators(call)
        asked = Asked(_month(call, month), board, project, every, page_number, missing)
        return _form(call, asked, done=done)


@router.post("/figures")
def report(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Write the form; of a frozen month as the chief's correction, with a reason."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            month, given = months.checked(text(sent, "month")), _given(sent)
            if snapshots.latest_edition(call.s, month):
                freezing.correct(
                    call.s, month=month, reason=text(sent, "reason"), actor=call.person,
                    now=call.now, corrected=given,
                )  # fmt: skip
            else:
                report_figures(call.s, month=month, figures=given, actor=call.person, now=call.now)
        return RedirectResponse(_back(sent), status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            refuse_administrators(call)
            asked = Asked(
                _month(call, text(sent, "month")), key_of(sent, "board"), key_of(sent, "project"),
                bool(text(sent, "every")), key_of(sent, "page") or 1, bool(text(sent, "missing")),
            )  # fmt: skip
            return _form(call, asked, sent, error.reasons, error.status)


@router.get("/figures/table.csv")
def table(request: Request, month: MonthText = "") -> Response:
    """The table to be filled in, with what stands there, of every project of the person's."""
    with reading(request) as call:
        refuse_administrators(call)
        month = _month(call, month)
        rows = figure_import.template_rows(call.s, month, [r.id for r in _mine(call, None)])
    out = io.StringIO()
    csv.writer(out).writerows([figure_import.HEADERS, *rows])
    headers = {"content-disposition": f'attachment; filename="figures-{month}.csv"'}
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


@router.get("/figures/import")
def import_form(request: Request, month: MonthText = "") -> HTMLResponse:
    """Where a table is chosen."""
    with reading(request) as call:
        refuse_administrators(call)
        return _import_form(call, _month(call, month))


@router.post("/figures/import")
def preview(request: Request, sent: FormData = Depends(posted_with_files)) -> HTMLResponse:
    """Say what the table would do. Nothing is written."""
    with reading(request) as call:
        check_csrf(call, sent)
        refuse_administrators(call)
        month = text(sent, "month")
        try:
            table = uploaded(sent, figure_import.NAMES, figure_import.NEEDED)
            found = figure_import.preview(
                call.s, table, month=month, actor=call.person, now=call.now
            )
        except WorkflowError as error:
            if error.status in (403, 404):
                raise
            return _import_form(call, _month(call, month), error.reasons, error.status)
        return page(
            call, "figures/import_preview.html", found=found, table=table.text(),
            entries=[_entry(e) for e in found.changed], month=found.month,
        )  # fmt: skip


@router.post("/figures/import/apply")
def apply(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Take the table that was shown."""
    month = text(sent, "month")
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            refuse_administrators(call)
            table = from_text(text(sent, "table"), figure_import.NAMES)
            figure_import.apply(
                call.s, table, month=month, actor=call.person, now=call.now,
                expect=text(sent, "expect"),
            )  # fmt: skip
        return RedirectResponse(url("/figures", month=month, done="1"), status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _import_form(call, _month(call, month), error.reasons, error.status)


# ---------------------------------------------------------------- inside


def _month(call: Call, given: str) -> str:
    return months.checked(given) if given else months.reported_now(call.s, call.now)


def _back(sent: FormData) -> str:
    asked = Asked(text(sent, "month"), key_of(sent, "board"), key_of(sent, "project"),
                   bool(text(sent, "every")), 1, bool(text(sent, "missing")))  # fmt: skip
    return asked.path(done="1", page=key_of(sent, "page"))


def _given(sent: FormData) -> list[Figure]:
    """Every project of the form. Raises `Malformed` naming each faulty cell."""
    found: list[Figure] = []
    faults: list[Reason] = []
    for name in sent:
        key = name.removeprefix("reported_")
        if name == key or not (key.isascii() and key.isdigit() and len(key) < 10):
            continue
        amounts: dict[str, int | None] = {}
        for field in ("reported", "statistical"):
            try:
                amounts[field] = wan(text(sent, f"{field}_{key}"), f"{field}_{key}")
            except Malformed as error:
                faults += error.reasons
        seen = text(sent, f"version_{key}")
        found.append(Figure(
            int(key), amounts.get("reported"), amounts.get("statistical"),
            text(sent, f"progress_{key}").strip(), text(sent, f"note_{key}").strip(),
            int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
        ))  # fmt: skip
    if faults:
        raise Malformed(*faults)
    return found


def _mine(call: Call, board: int | None) -> list[Any]:
    """The projects that the person answers for, by id."""
    p = tables.project.c
    condition = visible_projects(call.person, call.directory)
    chosen = select(p.id, p.name, p.board_id, p.commissioner_id).where(
        condition, p.merged_into_id.is_(None)
    )
    if board is not None:
        chosen = chosen.where(p.board_id == board)
    rows = list(call.s.execute(chosen.order_by(p.id)))
    mine = answered(call.s, call.person, rows)
    return [row for row in rows if row.id in mine]


def _form(
    call: Call, asked: Asked, sent: FormData | None = None, errors: tuple[Reason, ...] = (),
    status: int = 200, done: bool = False,
) -> HTMLResponse:  # fmt: skip
    edition = snapshots.latest_edition(call.s, asked.month)
    rows = _mine(call, asked.board)
    expected = {row.id for row in reminders.expected(call.s, asked.month)}
    present = standing(call.s, asked.month, [row.id for row in rows])
    silent = {key for key in expected if not _reported(present.get(key))}
    if asked.project is not None:
        rows = [row for row in rows if row.id == asked.project]
    missing = [row for row in rows if row.id in silent]
    if asked.missing:
        rows = missing
    elif asked.project is None and not asked.every:
        rows = [row for row in rows if row.id in expected or row.id in present]
    begin = (asked.page - 1) * PER_PAGE
    shown = rows[begin : begin + PER_PAGE]
    before = standing(call.s, months.moved(asked.month, -1), [row.id for row in shown])
    return page(
        call, "figures/form.html", status, asked=asked, month=asked.month, errors=errors,
        edition=edition, done=done, total=len(rows),
        missing=len(missing), missing_path=asked.path(missing="1", every=""),
        lines=[_line(call, r, present.get(r.id), before.get(r.id), sent) for r in shown],
        first=asked.path() if asked.page > 1 else "",
        following=asked.path(page=asked.page + 1) if begin + PER_PAGE < len(rows) else "",
        months=_open_months(call), due=dates.due_on(call.s, asked.month),
        boards=_boards(call), corrects=call.has(*CHIEF),
        reason=text(sent, "reason") if sent is not None else "",
    )  # fmt: skip


def _reported(row: Any) -> bool:
    """Whether an amount stands there (as `reminders.missing` asks); words alone are not enough."""
    return row is not None and (row.reported_wan, row.statistical_wan) != (None, None)


def _line(call: Call, row: Any, now: Any, before: Any, sent: FormData | None) -> Data:
    """A project on the form: what was sent, else what stands there."""
    line = {
        "id": row.id, "name": row.name, "board": call.directory.unit_name(row.board_id),
        "version": now.version if now else 0,
        "reported": (yi_text(now.reported_wan) or "") if now else "",
        "statistical": (yi_text(now.statistical_wan) or "") if now else "",
        "progress": now.progress if now else "", "note": now.note if now else "",
        "last": (yi_text(before.reported_wan) or "—") if before else "—",
        "last_statistical": (yi_text(before.statistical_wan) or "—") if before else "—",
    }  # fmt: skip
    if sent is not None and f"reported_{row.id}" in sent:
        for name in ("reported", "statistical", "progress", "note"):
            line[name] = text(sent, f"{name}_{row.id}")
    return line


def _open_months(call: Call) -> list[str]:
    """The present month and the five before it."""
    now = months.this_month(call.s, call.now)
    return [months.moved(now, -n) for n in range(6)]


def _boards(call: Call) -> list[tuple[int, str]]:
    """The boards to choose from, for whoever sees more than one's projects."""
    if not call.person.sees_all:
        return []
    return [(u.id, u.name) for u in call.directory.units.values() if u.is_board]


def _import_form(
    call: Call, month: str, errors: tuple[Reason, ...] = (), status: int = 200
) -> HTMLResponse:
    return page(
        call, "figures/import.html", status, month=month, errors=errors,
        months=_open_months(call), headers=figure_import.HEADERS,
    )  # fmt: skip


def _entry(entry: figure_import.Entry) -> Data:
    def told(values: dict[str, Any]) -> dict[str, str]:
        return {
            "reported": yi_text(values["reported_wan"]) or "",
            "statistical": yi_text(values["statistical_wan"]) or "",
            "progress": values["progress"], "note": values["note"],
        }  # fmt: skip

    return {"row": entry.row, "name": entry.name, "id": entry.project_id,
            "before": told(entry.before), "after": told(entry.after)}  # fmt: skip
