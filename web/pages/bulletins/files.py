"""Files of figures: a month as CSV or XLSX, a unit's one-page report, a bulletin made again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from config.i18n import gettext as _
from projects.bulletins import reading as bulletins
from projects.kpi import reading
from projects.kpi.exporting import MEDIA, exported
from projects.kpi.report import rendered
from projects.kpi.scopes import Unit, units_of
from web.attachments import file_headers
from web.call import reading as reading_call
from web.late import LateRoute
from web.navigation import refuse_administrators
from workflow.case import not_visible
from workflow.documents.files import MEDIA as DOCUMENT_MEDIA

router = APIRouter(route_class=LateRoute)
Month = Annotated[str, Query(max_length=7)]


@router.get("/bulletins/figures/export.{form}")
def export(request: Request, form: Literal["csv", "xlsx"], month: Month = "") -> Response:
    """Every figure in sight, with numerator, denominator and n."""
    with reading_call(request) as call:
        refuse_administrators(call)
        seen = reading.view(call.s, call.person, call.now, month)
        content = exported(seen, form, call.now)
    name = f"{_('Figures')}-{seen.month}.{form}"
    return Response(content, media_type=MEDIA[form], headers=file_headers(name))


@router.get("/bulletins/figures/report.{form}")
def report(
    request: Request, form: Literal["docx", "pdf"], month: Month = "",
    unit: Annotated[str, Query(max_length=40)] = "",
) -> Response:  # fmt: skip
    """A unit's report on one page, the own unit's by default."""
    with reading_call(request) as call:
        refuse_administrators(call)
        seen = reading.view(call.s, call.person, call.now, month)
        wanted = unit or call.directory.units[call.person.unit_id].code
        found = unit_in_sight(seen, wanted)
        content = rendered(call.s, seen, found, form)
    name = f"{found.name} {seen.month}.{form}"
    return Response(content, media_type=DOCUMENT_MEDIA[form], headers=file_headers(name))


def unit_in_sight(seen: reading.View, code: str) -> Unit:
    """A unit by its code. Raises `NotVisible` for one out of sight."""
    found = next((u for u in units_of(seen.content) if u.code == code), None)
    if found is None or found.scope not in seen.seen:
        raise not_visible(code)
    return found


@router.get("/bulletins/{number:int}/again.{form}")
def again(
    request: Request, number: Annotated[int, Path(ge=1, lt=2**31)], form: Literal["docx", "pdf"]
) -> Response:
    """A bulletin made anew from its snapshot; the header says whether it is the same."""
    with reading_call(request) as call:
        refuse_administrators(call)
        made = bulletins.regenerate(call.s, call.person, number, form)
    told = {"x-same-as-issued": "yes" if made.same else "no", "x-snapshot": made.digest}
    headers = file_headers(made.name) | told
    return Response(made.content, media_type=made.media_type, headers=headers)
