"""/inspections/samples: how samples came about, drawn again before the reader's eyes."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from projects.access import not_allowed
from projects.inspections.listing import listed
from projects.inspections.lookbacks import MOST, Sample, sample
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.inspections.kit import sees_samples, tabs
from web.templating import page
from workflow.errors import Malformed, Reason

router = APIRouter(route_class=LateRoute)
Month = Annotated[str, Query(max_length=7)]


@router.get("/inspections/samples")
def samples(request: Request, month: Month = "") -> HTMLResponse:
    """The look-back sample of a month, and the sites of inspections that were drawn by lot."""
    with reading(request) as call:
        refuse_administrators(call)
        if not sees_samples(call):
            raise not_allowed(_("Samples are shown to who oversees the zone."))
        today = call.ctx.calendar().local_date(call.now)
        month = month or f"{today:%Y-%m}"
        found = _sample(call, month)
        lots = [row for row in listed(call.s, call.person, limit=200) if row.rule == "lot"]
        return page(
            call, "inspections/samples.html", tabs=tabs(call), month=month, sample=found,
            lots=lots, most=MOST, agrees=all(row.agrees for row in found.rows),
        )  # fmt: skip


def _sample(call: Call, month: str) -> Sample:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month):
        text = _("{text} is no month.").format(text=month)
        raise Malformed(Reason("month_malformed", text, "month", _("Write e.g. 2026-09.")))
    year, n = int(month[:4]), int(month[5:])
    last = date(year, n, monthrange(year, n)[1])
    return sample(call.s, call.person, date(year, n, 1), last)
