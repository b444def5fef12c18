"""Pages from Jinja templates: texts in the request's language, moments in the policy's zone."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.i18n import current_language, gettext, ngettext
from web.call import Call
from web.navigation import groups
from workflow.wording import unit_label, word

FOLDER = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


@cache
def environment() -> Environment:
    """The templates: everything escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=gettext,
        ngettext=ngettext,
        word=word,
        unit_label=unit_label,
        asset=asset,
        language=current_language,
        url=url,
    )
    made.filters.update(moment=moment, day=day, month=month)
    return made


@cache
def asset(path: str) -> str:
    """The address of a static file, with its content's hash so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def url(path: str, **query: Any) -> str:
    """A path with a query; what is empty is left out, lists repeat their name."""
    given = {k: v for k, v in query.items() if v not in (None, "", (), [], False)}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def moment(value: datetime | str | None, zone: Any = None) -> str:
    """A moment as people read it, `2026-09-28 17:30`; empty for none."""
    if not value:
        return ""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.astimezone(zone) if zone is not None else found:%Y-%m-%d %H:%M}"


def day(value: date | str | None) -> str:
    """A date as people read it; of a moment only its day."""
    if not value:
        return ""
    return (value if isinstance(value, str) else value.isoformat())[:10]


def month(value: str) -> str:
    """A month such as `2026-09` as people read it."""
    if current_language() != "zh_CN":
        return value
    return f"{int(value[:4])}年{int(value[5:7])}月"


def page(call: Call, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for a signed-in person. Render it inside the transaction it tells of."""
    content = (
        environment()
        .get_template(template)
        .render(
            call=call,
            person=call.person,
            unit=call.directory.units[call.person.unit_id],
            csrf=call.csrf,
            now=call.now,
            zone=call.zone,
            nav=groups(call),
            path=call.request.url.path,
            request=call.request,
            partial=is_partial(call.request),
            **facts,
        )
    )
    return HTMLResponse(content, status_code=status)


def plain_page(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page for somebody who is not signed in, or of whom nothing is known."""
    content = (
        environment()
        .get_template(template)
        .render(request=request, path=request.url.path, partial=False, **facts)
    )
    return HTMLResponse(content, status_code=status)


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a part of a page only."""
    return request.headers.get("hx-request") == "true" and not request.headers.get("hx-boosted")
