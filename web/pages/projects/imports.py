"""A list of projects is uploaded, every difference shown with both sides, and only then taken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from config.i18n import N_
from config.i18n import gettext as _
from config.projects import LISTS
from projects import access
from projects.access import OFFICE
from projects.library import comparing
from projects.library.imports import taking, uploads
from projects.library.imports.plan import Plan, RowPlan, Target
from projects.library.imports.taking import Choices, Reading
from projects.library.imports.uploads import Upload
from web.call import Call, reading, settings_of, writing
from web.forms import check_csrf, files, posted, posted_with_files, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.forms import day, today
from web.templating import page, url
from workflow.errors import Malformed, Reason, StaleVersion, WorkflowError
from workflow.wording import word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
SHOWN = 200
"""So many rows of a kind are listed; rows with conflicts are listed all, for they are chosen."""
BESIDE = {
    "source_id": N_("Number in the library that the list is from"),
    "carried_over": N_("Carried over"), "listed_on": N_("On the list since"),
    "listing_note": N_("Note on the list"), "stage_since": N_("In this stage since"),
    "actual_start_on": N_("Actual start"), "actual_finish_on": N_("Actual completion"),
}  # fmt: skip
"""Columns of a file that are no fields of the record itself."""


@router.get("/projects/import")
def form(request: Request) -> HTMLResponse:
    """Where a list is chosen."""
    with reading(request) as call:
        _admit(call)
        return _form(call, {})


def _admit(call: Call) -> None:
    refuse_administrators(call)
    access.require(call.person, OFFICE)


def _form(
    call: Call, typed: Data, errors: tuple[Reason, ...] = (), status: int = 200
) -> HTMLResponse:
    local = call.now.astimezone(call.zone)
    values = {"list_code": "", "year": str(local.year), "library": "", "as_of": today(call)}
    return page(
        call, "projects/import.html", status, errors=errors, values=values | typed,
        lists=[(code, word("list", code)) for code in LISTS],
        limits={"rows": taking.MOST_ROWS, "megabytes": uploads.MAX_BYTES >> 20},
    )  # fmt: skip


@router.post("/projects/import")
def preview(request: Request, sent: FormData = Depends(posted_with_files)) -> HTMLResponse:
    """Keep the file and say what it would do. Nothing of it is written."""
    with reading(request) as call:
        check_csrf(call, sent)
        _admit(call)
        typed = {name: text(sent, name) for name in ("list_code", "year", "library", "as_of")}
        try:
            upload = _kept(call, sent)
            found = _read(call, upload)
        except WorkflowError as error:
            return _form(call, typed, error.reasons, error.status)
        return _shown(call, upload, found)


def _kept(call: Call, sent: FormData) -> Upload:
    chosen = files(sent, "file")
    if not chosen:
        message = _("No list was chosen.")
        raise Malformed(Reason("file_missing", message, "file", _("Choose a file.")))
    as_of: date = day(sent, "as_of")
    year = text(sent, "year")
    number = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0
    target = Target(text(sent, "list_code"), number, text(sent, "library").strip()[:60], as_of)
    name = chosen[0].filename or ""
    return uploads.keep(_folder(call), call.person.id, chosen[0].file, name, target, call.now)


def _folder(call: Call) -> Path:
    return uploads.folder(settings_of(call.request).var_dir)


def _read(call: Call, upload: Upload) -> Reading:
    return taking.read(call.s, actor=call.person, path=upload.path, target=upload.target)


@router.post("/projects/import/apply")
def apply(request: Request, sent: FormData = Depends(posted)) -> HTMLResponse:
    """Take what was shown, as it was chosen; where a record has changed since, show it again."""
    with reading(request) as call:
        check_csrf(call, sent)
        _admit(call)
        try:
            upload = uploads.find(_folder(call), call.person.id, text(sent, "key"), call.now)
        except Malformed as error:
            return _form(call, {}, error.reasons, error.status)
    choices = _choices(sent)
    try:
        with writing(request) as call:
            done = taking.take(
                call.s,
                actor=call.person,
                path=upload.path,
                target=upload.target,
                choices=choices,
                expect=text(sent, "expect"),
                now=call.now,
            )
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _shown(call, upload, _read(call, upload), choices, error)
    uploads.forget(upload)
    with reading(request) as call:
        name = comparing.list_name(upload.target.list_code, upload.target.year)
        path = url("/projects", list=upload.target.list_code, year=upload.target.year)
        return page(call, "projects/import_done.html", done=done, upload=upload, list_name=name,
                    back=path)  # fmt: skip


def _choices(sent: FormData) -> Choices:
    """What was chosen: `c-ROW-FIELD`, `d-ROW`, and what holds for the rest."""
    found = Choices(rest=text(sent, "rest"), partial=bool(text(sent, "partial")))
    for name in sent:
        kind, _dash, rest = name.partition("-")
        number, _dash2, field = rest.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 8):
            continue
        if kind == "c" and field:
            found.fields.setdefault(int(number), {})[field] = text(sent, name)
        elif kind == "d":
            found.doubtful[int(number)] = text(sent, name)
    return found


def _shown(
    call: Call,
    upload: Upload,
    found: Reading,
    choices: Choices | None = None,
    error: WorkflowError | None = None,
) -> HTMLResponse:
    plan, chosen = found.plan, choices or Choices()
    if isinstance(error, StaleVersion):
        chosen = Choices(rest=chosen.rest, partial=chosen.partial)  # what was chosen was of then
    rows = [_row(call, row) for row in plan.rows if row.kind in ("different", "doubtful")]
    return page(
        call, "projects/import_preview.html", error.status if error is not None else 200,
        errors=error.reasons[:SHOWN] if error is not None else (), upload=upload, plan=plan,
        list_name=comparing.list_name(plan.target.list_code, plan.target.year),
        columns=found.columns, unknown=found.unknown, counts=plan.counts, chosen=chosen,
        conflicts=[row for row in rows if row["conflicts"] or row["doubtful"]],
        filled=[row for row in rows if not row["conflicts"] and not row["doubtful"]][:SHOWN],
        fresh=plan.of("new")[:SHOWN], refused=_refused(plan), listed=_listed(rows),
        label=_label,
    )  # fmt: skip


def _label(field: str) -> str:
    """What a column of the file is taken for."""
    return _(BESIDE[field]) if field in BESIDE else comparing.label(field)


def _row(call: Call, row: RowPlan) -> Data:
    people = call.directory
    told = [
        {"field": d.field, "label": comparing.label(d.field), "conflict": d.conflict,
         "ours": comparing.told(d.field, d.ours, people),
         "theirs": comparing.told(d.field, d.theirs, people)}
        for d in row.differences
    ]  # fmt: skip
    return {
        "number": row.entry.number, "name": row.entry.text("name"), "project": row.project,
        "known": row.name, "lists": row.lists, "doubtful": row.kind == "doubtful",
        "differences": told, "conflicts": sum(bool(one["conflict"]) for one in told),
    }  # fmt: skip


def _refused(plan: Plan) -> list[Data]:
    return [
        {"number": row.entry.number, "name": row.entry.text("name"), "reason": reason}
        for row in plan.of("refused")
        for reason in row.reasons
    ][:SHOWN]


def _listed(rows: list[Data]) -> int:
    """Rows that would only be put on the list."""
    return sum(not row["differences"] for row in rows)
