"""A person's deadlines as a calendar, under an address that is a secret.

Whoever knows the address reads them, so it carries numbers and titles and no personal data. An
unknown and a revoked address answer alike. No session is asked for: calendar programs have none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from config import clock
from config.i18n import gettext as _
from config.i18n import language
from web.call import database, note, settings_of
from web.late import LateRoute
from web.navigation import sees_business
from workflow.accounts import feeds
from workflow.agenda_feed import Due, deadlines_of

if TYPE_CHECKING:
    from icalendar import Event

router = APIRouter(route_class=LateRoute)
REFRESH = timedelta(hours=1)
LENGTH = timedelta(minutes=30)


@router.get("/feeds/{secret}.ics")
def feed(request: Request, secret: str) -> Response:
    """The calendar, or 404."""
    now = clock.now()
    with database(request).read() as s:
        person = feeds.find(s, secret)
        if person is None or not sees_business(person):
            return PlainTextResponse("404\n", status_code=404)
        with language(person.language):
            content = calendar(deadlines_of(s, person, now), settings_of(request).base_url)
    note(request, lambda s: feeds.touch(s, person, now))
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": 'inline; filename="xiaohao.ics"',
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


def calendar(found: list[Due], base_url: str) -> bytes:
    """RFC 5545 text of these deadlines. The host of the base address makes identities unique."""
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", "-//Xiaohao//Deadlines//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Xiaohao: deadlines"))
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    host = base_url.split("//")[-1].split("/")[0].split(":")[0] or "xiaohao"
    for due in found:
        made.add_component(_event(due, base_url.rstrip("/"), host))
    return bytes(made.to_ical())


def _event(due: Due, base_url: str, host: str) -> Event:
    """The half hour that ends with the deadline, in UTC; busy times of the person stay free."""
    from icalendar import Event

    event = Event()
    event.add("uid", f"{due.uid}@{host}")
    event.add("summary", due.text)
    event.add("dtstart", _utc(due.at - LENGTH))
    event.add("dtend", _utc(due.at))
    event.add("dtstamp", _utc(due.changed))
    event.add("last-modified", _utc(due.changed))
    event.add("url", f"{base_url}/issues/{due.issue_number}")
    event.add("transp", "TRANSPARENT")
    if due.provisional:
        event.add("description", _("Provisional: the calendar of the year is not published yet."))
    return event


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
