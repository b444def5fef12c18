"""Tables of targets and of monthly figures: shown as what they would do, then taken whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import JSONResponse

from config.i18n import N_
from projects.figures import imports as figure_import
from projects.history import plain
from projects.sections.shared import yi_text
from projects.tables_in import MOST_BYTES, Table, read_bytes
from projects.targets import imports as target_import
from projects.targets.totals import AnnexTotal
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.idempotency import Answer, Key, once
from web.api.problems import REPLAYED, WRITES, refusals
from web.navigation import refuse_administrators

router = APIRouter(route_class=ApiRoute, tags=["targets"])
Data = dict[str, Any]
TableFile = Annotated[UploadFile, File(description="A .csv or .xlsx.")]
Expect = Annotated[
    str, Form(max_length=64, description="The digest of the preview; empty: as things stand.")
]
MonthField = Annotated[
    str, Form(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-09"])
]  # fmt: skip


@router.post(
    "/target-tables/preview",
    response_model=shapes.TargetTable,
    summary=N_("Show what a table of targets would do"),
    description=N_("Nothing is written. Every faulty cell is named; totals are checked."),
    responses=refusals(WRITES),
)
def preview_targets(request: Request, file: TableFile) -> Data:
    """For the office."""
    with reading(request) as call:
        refuse_administrators(call)
        return _targets(target_import.preview(call.s, _target_table(file), actor=call.person))


@router.post(
    "/target-tables/take",
    response_model=shapes.TargetTableTaken,
    summary=N_("Take a table of targets, whole or not at all"),
    description=N_("`expect`: where it would do something else by now, nothing is written."),
    responses=refusals(WRITES) | {200: {"headers": REPLAYED}},
)
def take_targets(
    request: Request, file: TableFile, expect: Expect = "", key: Key = None
) -> JSONResponse:
    """For the office."""
    with writing(request) as call:
        refuse_administrators(call)
        table = _target_table(file)

        def produce() -> Answer:
            found = target_import.apply(
                call.s, table, actor=call.person, now=call.now, expect=expect
            )
            return Answer(200, _counts(found))

        return once(call, key, {"table": table.digest, "expect": expect}, produce)


@router.post(
    "/figure-tables/preview",
    response_model=shapes.FigureTable,
    summary=N_("Show what a table of monthly figures would do"),
    description=N_("Nothing is written. Every faulty row is named; a blank cell changes nothing."),
    responses=refusals(WRITES),
)
def preview_figures(request: Request, file: TableFile, month: MonthField) -> Data:
    """For whoever reports the figures of its projects."""
    with reading(request) as call:
        refuse_administrators(call)
        found = figure_import.preview(
            call.s, _figure_table(file), month=month, actor=call.person, now=call.now
        )
        return {
            "month": found.month, "digest": found.digest, "rows": len(found.entries),
            "changes": [_figure(entry) for entry in found.changed],
        }  # fmt: skip


@router.post(
    "/figure-tables/take",
    response_model=shapes.FigureTableTaken,
    summary=N_("Take a table of monthly figures, whole or not at all"),
    description=N_("`expect`: where it would do something else by now, nothing is written."),
    responses=refusals(WRITES) | {200: {"headers": REPLAYED}},
)
def take_figures(
    request: Request, file: TableFile, month: MonthField, expect: Expect = "", key: Key = None
) -> JSONResponse:
    """A frozen month is corrected with a reason, not by a table."""
    with writing(request) as call:
        refuse_administrators(call)
        table = _figure_table(file)

        def produce() -> Answer:
            found = figure_import.apply(
                call.s, table, month=month, actor=call.person, now=call.now, expect=expect
            )
            counts = {"rows": len(found.entries), "changed": len(found.changed)}
            return Answer(200, {"month": found.month} | counts)

        return once(call, key, {"table": table.digest, "month": month, "expect": expect}, produce)


def _target_table(file: UploadFile) -> Table:
    return _table(file, target_import.NAMES, target_import.NEEDED)


def _figure_table(file: UploadFile) -> Table:
    return _table(file, figure_import.NAMES, figure_import.NEEDED)


def _table(
    file: UploadFile, names: dict[str, tuple[str, ...]], needed: tuple[str, ...]
) -> Table:  # fmt: skip
    file.file.seek(0)  # the endpoint may be tried again
    return read_bytes(file.filename or "", file.file.read(MOST_BYTES + 1), names, needed)


def _counts(found: target_import.Preview) -> Data:
    return {name: found.count(name) for name in ("new", "changed", "unchanged")}


def _targets(found: target_import.Preview) -> Data:
    return _counts(found) | {
        "digest": target_import.digest(found),
        "changes": [_target(e) for e in found.entries if e.change != "unchanged"],
        "totals": [_total(plan, c) for plan, checks in found.checks.items() for c in checks],
    }


def _target(entry: target_import.Entry) -> Data:
    amounts = ("op", "value", "value_to")
    old = entry.before
    before = None if old is None else {name: plain(getattr(old, name)) for name in amounts}
    row: Data = plain(entry.values)
    return row | {"row": entry.row, "change": entry.change, "before": before}


def _total(plan: str, one: AnnexTotal) -> Data:
    return {
        "plan": plan, "level": one.level, "metric": one.metric, "total": plain(one.total),
        "rows": one.rows, "summed": plain(one.summed), "op": one.op, "how": one.how,
        "agrees": one.agrees,
    }  # fmt: skip


def _figure(entry: figure_import.Entry) -> Data:
    return {
        "row": entry.row, "project": entry.project_id, "name": entry.name,
        "before": _told(entry.before), "after": _told(entry.after),
    }  # fmt: skip


def _told(values: Data) -> Data:
    return {
        "reported": yi_text(values["reported_wan"]),
        "statistical": yi_text(values["statistical_wan"]),
        "progress": values["progress"], "note": values["note"],
    }  # fmt: skip
