"""Monthly figures of projects, and the months that are frozen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from config.i18n import N_
from models import tables
from models.queries.projects import visible_projects
from projects import months, snapshots
from projects.figures import dates, freezing, reminders
from projects.figures.amounts import wan
from projects.figures.commands import Figure, completed_all, report_figures
from projects.sections.shared import yi_text
from web.api import shapes
from web.api.access import ApiRoute, reading, writing
from web.api.bodies import plain
from web.api.idempotency import Answer, Key, once
from web.api.links import numbered
from web.api.moments import stamp
from web.api.params import INTEGER, Cursor, Limit
from web.api.plan_facts import code_of, paged
from web.api.problems import ACTS, READS, REPLAYED, WRITES, refusals
from web.call import Call
from web.navigation import refuse_administrators
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=ApiRoute, tags=["targets"])
Data = dict[str, Any]
MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
Month = Annotated[str, Query(pattern=MONTH, examples=["2026-09"])]
MonthPath = Annotated[str, Path(pattern=MONTH, examples=["2026-09"])]
Amount = Annotated[str | None, Field(default=None, max_length=20, examples=["0.35"])]
Words = Annotated[str | None, Field(default=None, max_length=1000)]


class FigureBody(BaseModel):
    """A project's figures of the month, in 亿元 with at most four decimals. What is not named stays
    as it is; null or an empty text takes it back."""

    model_config = ConfigDict(extra="forbid")

    project: int = Field(ge=1, le=INTEGER)
    reported: Amount
    statistical: Amount
    progress: Words
    note: Words
    version: int | None = Field(
        default=None, ge=0, le=INTEGER, description="The version that was seen; 0: none."
    )


class MonthReportBody(BaseModel):
    """Figures of an open month, or with a reason the chief's correction of a frozen one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "month": "2026-09", "figures": [{"project": 1, "reported": "0.35", "statistical": "0.3"}],
    }]})  # fmt: skip

    month: str = Field(pattern=MONTH)
    figures: list[FigureBody] = Field(max_length=500)
    reason: str = Field(default="", max_length=1000)


class FreezeBody(BaseModel):
    """Why a month that is frozen already is frozen again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": ""}]})

    reason: str = Field(default="", max_length=1000)


@router.get(
    "/figures",
    response_model=shapes.MonthFigures,
    summary=N_("Monthly figures of projects, page by page"),
    responses=refusals(READS),
)
def figures(
    request: Request, month: Month, cursor: Cursor = None, limit: Limit = 50
) -> Data:  # fmt: skip
    """Within the caller's scope, by project."""
    with reading(request) as call:
        refuse_administrators(call)
        rows = _rows(call, month, numbered(cursor) or 0, limit + 1)
        last = rows[limit - 1].project_id if len(rows) > limit else None
        return paged(request, [_figure(row) for row in rows[:limit]], last)


@router.get(
    "/figures/missing",
    response_model=shapes.MissingFigures,
    summary=N_("Projects of which no amount is reported for a month"),
    description=N_("Of those whose figures were asked for and that the caller answers for, or"
                   " oversees."),
    responses=refusals(READS),
)  # fmt: skip
def missing(request: Request, month: Month, cursor: Cursor = None, limit: Limit = 50) -> Data:
    """By project, with the day on which they are due."""
    with reading(request) as call:
        refuse_administrators(call)
        after = numbered(cursor) or 0
        rows = [
            row for row in reminders.missing_for(call.s, months.checked(month), call.person)
            if row.id > after
        ]  # fmt: skip
        due = dates.due_on(call.s, month).isoformat()
        items = [
            {"project": row.id, "name": row.name, "board": code_of(call, row.board_id),
             "month": month, "due_on": due}
            for row in rows[:limit]
        ]  # fmt: skip
        return paged(request, items, rows[limit - 1].id if len(rows) > limit else None)


def _rows(call: Call, month: str, after: int, limit: int) -> list[Any]:
    m, p = tables.project_month, tables.project
    chosen = (
        select(m, p.c.name)
        .join(p, p.c.id == m.c.project_id)
        .where(
            m.c.month == month, m.c.project_id > after,
            visible_projects(call.person, call.directory),
        )
        .order_by(m.c.project_id)
        .limit(limit)
    )  # fmt: skip
    return list(call.s.execute(chosen))


def _figure(row: Any) -> Data:
    return {
        "project": row.project_id, "name": row.name, "month": row.month, "version": row.version,
        "reported": yi_text(row.reported_wan), "statistical": yi_text(row.statistical_wan),
        "progress": row.progress, "note": row.note,
    }  # fmt: skip


@router.post(
    "/figures",
    response_model=shapes.FiguresDone,
    summary=N_("Report the figures of a month, for many projects at once"),
    description=N_(
        "All or none. What a figure does not name stays as it is; null or an empty text takes it"
        " back. A frozen month is corrected by the chief, with a reason."
    ),
    responses=refusals(ACTS) | {200: {"headers": REPLAYED}},
)
def report(request: Request, body: MonthReportBody, key: Key = None) -> JSONResponse:
    """上报."""
    sent = plain(body)
    with writing(request) as call:

        def produce() -> Answer:
            given = _given(call, body)
            if body.reason:
                edition = freezing.correct(
                    call.s, month=body.month, reason=body.reason, actor=call.person,
                    now=call.now, corrected=given,
                )  # fmt: skip
                return Answer(200, {"month": body.month, "changed": len(given), "edition": edition})
            n = report_figures(
                call.s, month=body.month, figures=given, actor=call.person, now=call.now
            )
            return Answer(200, {"month": body.month, "changed": n, "edition": None})

        return once(call, key, sent, produce)


def _given(call: Call, body: MonthReportBody) -> list[Figure]:
    """Every figure with what it names, the rest as it stands. Raises `Malformed` for each fault."""
    named: list[tuple[int, Data]] = []
    faults: list[Reason] = []
    for n, one in enumerate(body.figures):
        try:
            named.append((one.project, _named(one, f"figures.{n}")))
        except Malformed as error:
            faults += error.reasons
    if faults:
        raise Malformed(*faults)
    return completed_all(call.s, months.checked(body.month), named)


def _named(one: FigureBody, field: str) -> Data:
    amounts, texts = ("reported", "statistical"), ("progress", "note")
    named = one.model_fields_set
    found: Data = {
        f"{name}_wan": wan(getattr(one, name) or "", f"{field}.{name}")
        for name in amounts if name in named
    }  # fmt: skip
    found |= {name: getattr(one, name) or "" for name in texts if name in named}
    return found if one.version is None else found | {"expected_version": one.version}


@router.get(
    "/months",
    response_model=shapes.FrozenMonths,
    summary=N_("Frozen months with their editions"),
    responses=refusals(READS),
)
def frozen(request: Request) -> Data:
    """Newest first."""
    with reading(request) as call:
        refuse_administrators(call)
        return {"items": [
            {"month": e.month, "edition": e.edition, "at": stamp(call, e.at), "reason": e.reason,
             "digest": e.digest}
            for e in snapshots.editions(call.s)
        ]}  # fmt: skip


@router.post(
    "/months/{month}/freeze",
    status_code=201,
    response_model=shapes.FrozenMonth,
    summary=N_("Freeze a month that has ended"),
    description=N_("What is frozen never changes; a month is frozen again only with a reason."),
    responses=refusals(WRITES) | {201: {"headers": REPLAYED}},
)
def freeze(request: Request, month: MonthPath, body: FreezeBody, key: Key = None) -> JSONResponse:
    """冻结."""
    with writing(request) as call:

        def produce() -> Answer:
            made = snapshots.freeze(
                call.s, months.checked(month), call.person, call.now, body.reason
            )
            facts = {
                "month": month, "edition": made.edition, "at": stamp(call, made.at),
                "reason": made.reason, "digest": made.digest,
            }  # fmt: skip
            return Answer(201, facts)

        return once(call, key, plain(body), produce)
