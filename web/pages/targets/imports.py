"""/targets/import: a table of targets is uploaded, shown, and taken whole or not at all."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects.figures.words import figure, how_word, meant
from projects.tables_in import MOST_BYTES, Table, from_text, read_bytes
from projects.targets import imports as target_import
from web.call import Call, reading, writing
from web.forms import check_csrf, files, posted, posted_with_files, text
from web.late import LateRoute
from web.pages.targets.common import Data
from web.pages.targets.form import of_office
from web.templating import page
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
SHOWN = 300


@router.get("/targets/import")
def form(request: Request) -> HTMLResponse:
    """Where a file is chosen."""
    with reading(request) as call:
        return _form(call)


@router.post("/targets/import")
def preview(request: Request, sent: FormData = Depends(posted_with_files)) -> HTMLResponse:
    """Say what the table would do. Nothing is written."""
    with reading(request) as call:
        check_csrf(call, sent)
        of_office(call)
        try:
            return _preview(call, uploaded(sent, target_import.NAMES, target_import.NEEDED))
        except Malformed as error:
            return _form(call, error.reasons, error.status)


@router.post("/targets/import/apply")
def apply(request: Request, sent: FormData = Depends(posted)) -> Response:
    """Take the table that was shown."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            of_office(call)
            table = from_text(text(sent, "table"), target_import.NAMES)
            target_import.apply(
                call.s, table, actor=call.person, now=call.now, expect=text(sent, "expect")
            )
        return RedirectResponse("/targets", status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            return _form(call, error.reasons, error.status)


def uploaded(
    sent: FormData, names: dict[str, tuple[str, ...]], needed: tuple[str, ...]
) -> Table:  # fmt: skip
    """The table of the form's file. Raises `Malformed`."""
    chosen = files(sent, "file")
    if not chosen:
        message = _("No file was chosen.")
        raise Malformed(Reason("file_missing", message, "file", _("Choose a file.")))
    content = chosen[0].file.read(MOST_BYTES + 1)
    return read_bytes(chosen[0].filename or "", content, names, needed)


def _form(call: Call, errors: tuple[Reason, ...] = (), status: int = 200) -> HTMLResponse:
    of_office(call)
    return page(
        call, "targets/import.html", status, errors=errors,
        headers=[headers[0] for headers in target_import.NAMES.values()],
    )  # fmt: skip


def _preview(call: Call, table: Table) -> HTMLResponse:
    found = target_import.preview(call.s, table, actor=call.person)
    changes = [e for e in found.entries if e.change != "unchanged"]
    return page(
        call, "targets/import_preview.html", table=table.text(),
        expect=target_import.digest(found),
        counts={c: found.count(c) for c in ("new", "changed", "unchanged")},
        entries=[_entry(entry) for entry in changes[:SHOWN]],
        more=max(0, len(changes) - SHOWN), checks=_checks(found),
    )  # fmt: skip


def _entry(entry: target_import.Entry) -> Data:
    values, old = entry.values, entry.before
    return values | {
        "row": entry.row, "change": entry.change,
        "target": meant(values["op"], values["value"], values["value_to"]),
        "old": meant(old.op, old.value, old.value_to) if old is not None else "",
    }  # fmt: skip


def _checks(found: target_import.Preview) -> list[Data]:
    return [
        {"plan": plan, "level": c.level, "metric": c.metric, "total": meant(c.op, c.total, None),
         "summed": figure(c.summed), "rows": c.rows, "agrees": c.agrees,
         "how": how_word(c.how)}
        for plan, checks in found.checks.items() for c in checks
    ]  # fmt: skip
