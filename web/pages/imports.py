"""台账导入: a ledger is uploaded, every difference is shown, and only then is anything taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from config.faults import ConfigurationError
from config.i18n import gettext as _
from config.roles import Role
from web.call import Call, database, reading, settings_of, writing
from web.faults import forbidden
from web.forms import check_csrf, files, posted, posted_with_files, text
from web.late import LateRoute
from web.templating import page
from workflow import system_events
from workflow.errors import Malformed, Reason, StaleVersion, WorkflowError
from workflow.ledgers import uploaded
from workflow.ledgers.faults import ImportReport
from workflow.ledgers.importer import import_ledger
from workflow.ledgers.uploaded import Upload

router = APIRouter(route_class=LateRoute)
SHOWN = 200
"""So many differences and refusals are listed; the counts are of all."""

Data = dict[str, Any]


@router.get("/issues/import")
def form(request: Request) -> HTMLResponse:
    """Where a ledger is chosen."""
    with reading(request) as call:
        _require_officer(call)
        return _form(call)


@router.post("/issues/import")
def preview(request: Request, sent: FormData = Depends(posted_with_files)) -> HTMLResponse:
    """Keep the file and say what it would do. Nothing of it is written."""
    call = _admitted(request, sent)
    folder = _folder(request)
    uploaded.tidy(folder, call.now)
    try:
        return _preview(call, _upload(call, sent, folder))
    except (WorkflowError, ConfigurationError) as error:
        return _again(request, error)


@router.post("/issues/import/apply")
def apply(request: Request, sent: FormData = Depends(posted)) -> HTMLResponse:
    """Take what was previewed: the very file, by its hash, while its differences are those that
    were shown; else they are shown as they are now. A repeat takes nothing twice."""
    call = _admitted(request, sent)
    partial, update = bool(text(sent, "partial")), bool(text(sent, "update"))
    try:
        upload = uploaded.find(_folder(request), call.person.id, text(sent, "key"), call.now)
        _note(request, "ledger.import_begun", _about(upload, partial, update))
        expect = text(sent, "expect")
        report = _run(call, upload, partial=partial, update=update, expect=expect)
    except StaleVersion as outdated:
        return _preview(call, upload, outdated, partial=partial, update=update)
    except (WorkflowError, ConfigurationError) as error:
        return _again(request, error)
    _note(request, "ledger.imported", _about(upload, partial, update) | _counts(report))
    if report.written:
        uploaded.forget(upload)
    with reading(request) as again:
        told = _told(again, upload, report, report)
        status = 200 if report.written else 409
        return page(again, "import_result.html", status, update=update, **told)


def _preview(
    call: Call,
    upload: Upload,
    outdated: StaleVersion | None = None,
    *,
    partial: bool = False,
    update: bool = False,
) -> HTMLResponse:
    """What the ledger would do now; `outdated` is why an earlier preview does not hold."""
    rows = uploaded.check_rows(upload)
    plain = _run(call, upload, dry_run=True)
    changes = _run(call, upload, dry_run=True, update=True) if plain.changed else plain
    errors, status = (outdated.reasons, outdated.status) if outdated else ((), 200)
    chosen = {"partial": partial, "update": update}
    with reading(call.request) as again:
        told = _told(again, upload, plain, changes) | {"chosen": chosen, "errors": errors}
        return page(again, "import_preview.html", status, rows=rows, **told)


def _require_officer(call: Call) -> None:
    if not call.has(Role.TRIAGE_OFFICER):
        raise forbidden(_("Ledgers are imported by the triage officer."))


def _admitted(request: Request, sent: FormData) -> Call:
    """Who asks, found out before and not within the import's own transactions."""
    with reading(request) as call:
        check_csrf(call, sent)
        _require_officer(call)
        return call


def _folder(request: Request) -> Path:
    return settings_of(request).var_dir / "imports"


def _form(call: Call, errors: tuple[Reason, ...] = (), status: int = 200) -> HTMLResponse:
    limits = {"rows": uploaded.MAX_ROWS, "megabytes": uploaded.MAX_BYTES >> 20}
    return page(call, "import.html", status, errors=errors, limits=limits)


def _again(request: Request, error: WorkflowError | ConfigurationError) -> HTMLResponse:
    """The form with what is wrong with the file or its mapping."""
    if isinstance(error, WorkflowError):
        reasons, status = error.reasons, error.status
    else:
        reasons, status = tuple(_of_mapping(error)), 422
    with reading(request) as call:
        return _form(call, reasons, status)


def _of_mapping(error: ConfigurationError) -> list[Reason]:
    return [
        Reason("mapping_faulty", f"{f.file}: {f.key}: {f.message}", "mapping", f.remedy)
        for f in error.faults
    ]


def _upload(call: Call, sent: FormData, folder: Path) -> Upload:
    chosen, mapping = files(sent, "ledger"), files(sent, "mapping")
    if not chosen:
        raise Malformed(
            Reason("ledger_missing", _("No ledger was chosen."), "ledger", _("Choose a file."))
        )
    own = None
    if mapping:
        content = mapping[0].file.read(uploaded.MAX_MAPPING_BYTES + 1)
        own = (mapping[0].filename or "mapping.toml", content)
    name = chosen[0].filename or ""
    return uploaded.keep(folder, call.person.id, chosen[0].file, name, own, call.now)


def _run(
    call: Call,
    upload: Upload,
    *,
    dry_run: bool = False,
    partial: bool = False,
    update: bool = False,
    expect: str | None = None,
) -> ImportReport:
    """The import in the officer's own name and rights."""
    return import_ledger(
        database(call.request),
        upload.path,
        upload.mapping,
        actors={"report": call.person.username},
        now=call.now,
        dry_run=dry_run,
        partial=partial,
        update=update,
        expect=expect,
    )


def _note(request: Request, tag: str, facts: Data) -> None:
    with writing(request) as call:
        system_events.append(call.s, tag, facts, call.person, call.now)


def _about(upload: Upload, partial: bool, update: bool) -> Data:
    return {
        "file": upload.name,
        "sha256": upload.key,
        "source": upload.mapping.source_system,
        "partial": partial,
        "update": update,
    }


def _counts(report: ImportReport) -> Data:
    return {
        "written": report.written,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "changed": report.changed,
        "updated": report.updated,
        "held_back": report.held_back,
        "refused": report.refused_rows,
    }


def _told(call: Call, upload: Upload, report: ImportReport, changes: ImportReport) -> Data:
    """What a page says of a report. `changes` is that of applying the changes, too."""
    known = {(f.row, f.column, f.message) for f in report.refused}
    only_changes = [f for f in changes.refused if (f.row, f.column, f.message) not in known]
    return {
        "upload": upload,
        "report": report,
        "source": upload.mapping.source_system,
        "counts": _counts(report),
        "first": report.first,
        "differences": [_difference(upload, d) for d in report.differences[:SHOWN]],
        "more_differences": max(0, len(report.differences) - SHOWN),
        "refused": report.refused[:SHOWN],
        "more_refused": max(0, len(report.refused) - SHOWN),
        "not_updated": only_changes[:SHOWN],
    }


def _difference(upload: Upload, one: Any) -> Data:
    return {
        "row": one.row,
        "number": one.issue_number,
        "column": " + ".join(upload.mapping.headers(one.field)) or one.field,
        "old": one.old,
        "new": one.new,
    }
