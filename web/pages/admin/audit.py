"""The auditor's page: the system's history, and the proof that every chain is whole."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from config.i18n import gettext as _
from web.call import Call, reading, writing
from web.forms import check_csrf, posted
from web.late import LateRoute
from web.pages.admin.access import require
from web.pages.admin.forms import number
from web.templating import page, url
from workflow import system_events
from workflow.audit import verify as walk
from workflow.audit_report import AuditReport
from workflow.errors import Malformed
from workflow.finding_words import fault_text
from workflow.system_history import Asked, entries
from workflow.system_words import AREAS
from workflow.typed import parse_date

router = APIRouter(route_class=LateRoute)
PATH = "/admin/audit"
MOST_FAULTS = 200


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """The history, filtered and paged."""
    with reading(request) as call:
        require(call, "audit")
        return listing(call)


def listing(call: Call, report: AuditReport | None = None) -> HTMLResponse:
    """The page; with a report when the chains were just walked."""
    query = {k: call.request.query_params.get(k, "") for k in ("area", "who", "since", "until")}
    before = number(call.request.query_params.get("before", ""))
    reasons: tuple[Any, ...] = ()
    try:
        asked = _asked(call, query)
    except Malformed as error:
        asked, reasons = Asked(), error.reasons
    found, further = entries(call.s, actor=call.person, asked=asked, before=before)
    return page(
        call,
        "admin/audit.html",
        422 if reasons else 200,
        entries=found,
        query=query,
        reasons=reasons,
        areas=[(name, _(title)) for name, title in AREAS.items()],
        next=url(PATH, **query, before=further) if further is not None else "",
        first=url(PATH, **query) if before is not None else "",
        report=report,
        faults=[fault_text(fault) for fault in report.faults[:MOST_FAULTS]] if report else [],
    )


def _asked(call: Call, query: dict[str, str]) -> Asked:
    return Asked(
        query["area"],
        query["who"],
        _midnight(call, query["since"], "since"),
        _midnight(call, query["until"], "until", days=1),
    )


def _midnight(call: Call, text: str, field: str, days: int = 0) -> datetime | None:
    if not text:
        return None
    day = parse_date(text, field) + timedelta(days=days)
    return datetime.combine(day, time(), call.zone)


@router.post(PATH)
def verify(request: Request, sent: FormData = Depends(posted)) -> HTMLResponse:
    """Walk every chain in a reading transaction; that it was done is written down afterwards."""
    with reading(request) as call:
        require(call, "audit")
        check_csrf(call, sent)
        report = walk(call.s)
    with writing(request) as call:
        require(call, "audit")
        facts = {"streams": report.streams, "events": report.events, "faults": len(report.faults)}
        system_events.append(call.s, "audit.verified", facts, call.person, call.now)
        return listing(call, report)
