"""重点项目库: the list with its filters, totals by stage and light, and its files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from config.projects import STAGES
from models.queries import library
from models.queries.library import ProjectFilter
from models.queries.paging import LIGHTS, BadCursor
from projects.access import OFFICE
from projects.library import bands, comparing, export, tags
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.exports import TYPES, Download
from web.pages.projects.amounts import invested
from web.project_query import Asked, Query, choices, given
from web.templating import page, url
from workflow.errors import Malformed, Reason
from workflow.wording import unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
PAGE = 50


@router.get("/projects")
def show(request: Request) -> HTMLResponse:
    """A page of the library. What cannot be read in the address is said, and narrows nothing."""
    with reading(request) as call:
        refuse_administrators(call)
        asked = given(call)
        found, wrong = _page(call, asked.wanted)
        errors = (*asked.errors, *wrong)
        query = asked.query
        return page(
            call,
            "projects/list.html",
            422 if errors else 200,
            errors=errors,
            rows=_lines(call, found.rows),
            total=found.total,
            query=query,
            totals=_totals(call, asked),
            choices=_choices(call),
            next_path=url("/projects", **query, cursor=found.next_cursor)
            if found.next_cursor
            else "",
            first_path=url("/projects", **query) if request.query_params.get("cursor") else "",
            exports={kind: url(f"/projects/export.{kind}", **query) for kind in export.FORMATS},
            keeps=bool(call.person.roles & OFFICE),
        )


def _page(call: Call, wanted: ProjectFilter) -> tuple[library.LibraryPage, tuple[Reason, ...]]:
    cursor = call.request.query_params.get("cursor") or None
    try:
        return library.page(
            call.s, call.person, call.directory, wanted, cursor=cursor, limit=PAGE
        ), ()
    except BadCursor:
        wrong = Reason("cursor_malformed", _("This page of the list is not known."), "cursor",
                       _("Begin again with the first page."))  # fmt: skip
        found = library.page(call.s, call.person, call.directory, wanted, limit=PAGE)
        return found, (wrong,)


def _choices(call: Call) -> dict[str, list[tuple[str, str]]]:
    chains = [(row.name, row.name) for row in tags.chains(call.s)]
    others = sorted({t for kind in ("action", "other", "evaluation")
                     for t in tags.known_tags(call.s, kind)})  # fmt: skip
    found = choices(call, library.years(call.s))
    return found | {"chain": chains, "tag": [(text, text) for text in others]}


def _lines(call: Call, rows: list[Any]) -> list[Data]:
    """What a line of the list tells; a page is read with a few statements."""
    keys = [row.id for row in rows]
    lists = comparing.lists_of(call.s, keys)
    issues = library.open_issues(call.s, call.person, keys)
    return [_line(call, row, lists[row.id], issues[row.id]) for row in rows]


def _line(call: Call, row: Any, lists: str, issues: Counter[str]) -> Data:
    band = bands.band_of(row)
    open_ones = sum(issues.values())
    return {
        "row": row,
        "board": unit_name(call.directory, row.board_id),
        "attributed": unit_name(call.directory, row.attributed_board_id)
        if row.attributed_board_id != row.board_id
        else "",
        "commissioner": call.directory.person_name(row.commissioner_id),
        "lists": lists,
        "band": band.name if band else "",
        "invest": invested(row),
        "issues": open_ones,
        "issues_path": url("/issues", project=row.id, open="1") if open_ones else "",
        "worst": next((light for light in LIGHTS if issues[light]), "grey"),
    }


def _totals(call: Call, asked: Asked) -> Data:
    """Numbers by stage and light, each a link to the list behind it."""
    counted = library.totals(call.s, call.person, call.directory, asked.wanted)
    rest: Query = {n: v for n, v in asked.query.items() if n not in ("stage", "light")}
    stages, lights = Counter[str](), Counter[str]()
    for (stage, light), n in counted.items():
        stages[stage] += n
        lights[light] += n
    return {
        "all": (sum(counted.values()), url("/projects", **rest)),
        "stages": [
            (word("stage", code), stages[code], url("/projects", **rest | {"stage": [code]}),
             asked.query.get("stage") == [code])
            for code in STAGES
        ],
        "lights": [
            (code, lights[code], url("/projects", **rest | {"light": [code]}),
             asked.query.get("light") == [code])
            for code in LIGHTS
        ],
    }  # fmt: skip


@router.get("/projects/export.{kind}")
def download(request: Request, kind: Literal["xlsx", "csv"]) -> Download:
    """The list as a file, in its order, within what its reader may see."""
    with reading(request) as call:
        refuse_administrators(call)
        asked = given(call)
        if asked.errors:
            raise Malformed(*asked.errors)
        stream = _written(call, asked.wanted, kind)
        name = f"{_('Key projects')}-{call.now.astimezone(call.zone):%Y%m%d-%H%M}.{kind}"
    headers = {
        "content-disposition": f'attachment; filename="projects.{kind}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "no-store",
    }
    return Download(stream, media_type=TYPES[kind], headers=headers)


def _written(call: Call, wanted: ProjectFilter, kind: str) -> IO[bytes]:
    with TemporaryDirectory(prefix="xiaohao-projects-") as folder:
        path = Path(folder) / f"projects.{kind}"
        export.write(call.s, call.person, wanted, path, kind, call.now)
        return path.open("rb")
