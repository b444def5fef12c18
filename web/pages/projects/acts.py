"""Acts on a project, each with its form: stage, responsibility, lists, tags, attribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from config.i18n import N_
from config.i18n import gettext as _
from config.projects import DUTIES, LISTS, STAGES
from projects import access
from projects.access import OFFICE, find_project
from projects.library import commands as library
from projects.library import duties, listings, stages, tags
from web.call import Call, reading
from web.forms import posted, text
from web.late import LateRoute
from web.navigation import refuse_administrators
from web.pages.projects.forms import (
    FRESH,
    Box,
    Typed,
    build,
    day,
    form_page,
    people_of,
    perform,
    today,
    units_of,
    version,
)
from workflow.case import not_visible
from workflow.errors import Malformed, Reason
from workflow.typed import parse_date
from workflow.wording import word

router = APIRouter(route_class=LateRoute)
Run = Callable[[Call, Any, FormData, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its title, button and hint, the inputs of its form, and the command behind it.

    `office`: only the office; otherwise whoever answers for the project.
    """

    title: str
    button: str
    boxes: Callable[[Call, Any], list[Box]]
    run: Run
    hint: str = ""
    office: bool = True
    weighty: bool = False


def _stage_boxes(call: Call, row: Any) -> list[Box]:
    options = [(code, word("stage", code)) for code in STAGES]
    return [
        Box("stage", _("Stage"), "", options=options),
        Box("since", _("Since"), today(call), type="date"),
        Box("note", _("Note, or the reason of a correction"), "", "text", True),
    ]


def _stage(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    stages.reach(call.s, stage=text(sent, "stage"), since=day(sent, "since"),
                 note=text(sent, "note"), **common)  # fmt: skip


def _duty_boxes(call: Call, row: Any) -> list[Box]:
    return [
        Box("role", _("Part in the chain"), options=[(c, word("duty", c)) for c in DUTIES]),
        Box("unit", _("Unit"), optional=True, options=units_of(call.directory)),
        Box("person", _("Person"), optional=True, options=people_of(call.directory)),
        Box("name", _("or somebody outside, by name"), optional=True,
            help=_("A name typed here gives no rights.")),
        Box("since", _("Since"), today(call), type="date"),
    ]  # fmt: skip


def _duty(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    duties.assign(call.s, role=text(sent, "role"), unit=text(sent, "unit"),
                  person=text(sent, "person"), name=text(sent, "name"), since=day(sent, "since"),
                  **common)  # fmt: skip


def _duty_end_boxes(call: Call, row: Any) -> list[Box]:
    chosen = call.request.query_params.get("role", "")
    return [
        Box("role", _("Part in the chain"), chosen, options=[(c, word("duty", c)) for c in DUTIES]),
        Box("until", _("Until"), today(call), type="date"),
    ]


def _duty_end(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    duties.end(call.s, role=text(sent, "role"), until=day(sent, "until"), **common)


def _listing_boxes(call: Call, row: Any) -> list[Box]:
    return [
        Box("list_code", _("Project list"), options=[(c, word("list", c)) for c in LISTS]),
        Box("year", _("Year"), str(call.now.astimezone(call.zone).year)),
        Box("library", _("Library that the list is from"), optional=True),
        Box("source_id", _("Id in the library"), optional=True),
        Box("carried_over", _("Carried over from an earlier year"), "", optional=True,
            options=[("yes", _("Yes")), ("no", _("No"))],
            help=_("What is left blank stays, where the project is on the list already.")),
        Box("listed_on", _("On the list since"), "", optional=True, type="date"),
        Box("note", _("Note"), "", "line", True),
    ]  # fmt: skip


def _listing(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    """What is left blank stays, where the entry is there already."""
    blank = ("library", "source_id", "note", "listed_on", "carried_over")
    named: dict[str, Any] = {n: found for n in blank if (found := text(sent, n).strip())}
    if "listed_on" in named:
        named["listed_on"] = parse_date(named["listed_on"], "listed_on")
    if "carried_over" in named:
        named["carried_over"] = named["carried_over"] == "yes"
    listings.enlist(call.s, list_code=text(sent, "list_code"), year=_year(sent), **named, **common)


def _year(sent: FormData) -> int:
    found = text(sent, "year").strip()
    if found.isascii() and found.isdigit() and len(found) == 4:
        return int(found)
    message = _("{text} is no year.").format(text=found[:40])
    raise Malformed(Reason("year_malformed", message, "year", _("Write e.g. 2026.")))


def _delist_boxes(call: Call, row: Any) -> list[Box]:
    chosen = call.request.query_params.get("listing", "")
    entries = [e for e in listings.of(call.s, [row.id])[row.id] if e.removed_on is None]
    options = [(str(e.id), f"{word('list', e.list_code)} {e.year}") for e in entries]
    return [
        Box("listing", _("Project list"), chosen, options=options),
        Box("removed_on", _("Off the list since"), today(call), type="date"),
        Box("reason", _("Reason"), "", "text"),
    ]


def _delist(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    found = text(sent, "listing")
    key = int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0
    listings.delist(call.s, listing_id=key, removed_on=day(sent, "removed_on"),
                    reason=text(sent, "reason"), **common)  # fmt: skip


def _tag_boxes(call: Call, row: Any) -> list[Box]:
    kinds = [(kind, word("tag_kind", kind)) for kind in tags.BY_HAND]
    chains = ", ".join(c.name for c in tags.chains(call.s, active=True))
    known = _("Chains that are kept: {names}.").format(names=chains) if chains else ""
    return [Box("kind", _("Kind"), options=kinds), Box("tag", _("Tag"), help=known)]


def _tag(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    tags.put(call.s, kind=text(sent, "kind"), tag=text(sent, "tag"), **common)


def _untag_boxes(call: Call, row: Any) -> list[Box]:
    return [Box("kind", _("Kind"), options=[(k, word("tag_kind", k)) for k in tags.BY_HAND]),
            Box("tag", _("Tag"))]  # fmt: skip


def _untag(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    tags.drop(call.s, kind=text(sent, "kind"), tag=text(sent, "tag"), **common)


def _attribution_boxes(call: Call, row: Any) -> list[Box]:
    unit = call.directory.units.get(row.attributed_board_id)
    return [
        Box("board", _("Counted in"), unit.code if unit else "", optional=True,
            options=units_of(call.directory, boards=True),
            help=_("Empty: in the town or street where it lies.")),
        Box("reason", _("Reason"), row.attribution_reason, "text"),
    ]  # fmt: skip


def _attribution(call: Call, row: Any, sent: FormData, common: dict[str, Any]) -> None:
    library.attribute(call.s, board=text(sent, "board"), reason=text(sent, "reason"), **common)


ACTS: dict[str, Act] = {
    "stage": Act(N_("Record a stage"), N_("Record"), _stage_boxes, _stage,
                 N_("A step back, or another date, is a correction by the office with a reason."),
                 office=False),
    "duty": Act(N_("Give a responsibility"), N_("Save"), _duty_boxes, _duty,
                N_("Whoever held it before holds it until that day. Town or street and"
                   " commissioner change who sees and reports on the project.")),
    "duty_end": Act(N_("End a responsibility"), N_("End it"), _duty_end_boxes, _duty_end,
                    weighty=True),
    "listing": Act(N_("Put on a list"), N_("Save"), _listing_boxes, _listing,
                   N_("An entry of the same list and year is corrected.")),
    "delist": Act(N_("Take off a list"), N_("Take off"), _delist_boxes, _delist, weighty=True),
    "tag": Act(N_("Add a tag"), N_("Save"), _tag_boxes, _tag),
    "untag": Act(N_("Remove a tag"), N_("Remove"), _untag_boxes, _untag, weighty=True),
    "attribution": Act(N_("Attribution of figures"), N_("Save"), _attribution_boxes, _attribution,
                       N_("In whose figures the project counts, where that is not where it"
                          " lies.")),
}  # fmt: skip


@router.get("/projects/{project_id:int}/do/{name}")
def form(request: Request, project_id: int, name: str) -> HTMLResponse:
    """The form of an act."""
    with reading(request) as call:
        refuse_administrators(call)
        return _show(call, project_id, _act(name), name, FRESH)


def _act(name: str) -> Act:
    if name not in ACTS:
        raise not_visible(name)
    return ACTS[name]


def _show(call: Call, project_id: int, act: Act, name: str, typed: Typed) -> HTMLResponse:
    row = find_project(call.s, call.person, project_id)
    if act.office:
        access.require(call.person, OFFICE)
    else:
        access.require_reporter(call.s, call.person, row)
    path = f"/projects/{project_id}"
    made = build(name, f"{path}/do/{name}", _(act.button), act.boxes(call, row), typed,
                 weighty=act.weighty, hidden={"version": str(row.version)})  # fmt: skip
    crumbs = [("/projects", _("Key projects")), (path, row.name)]
    hint = _(act.hint) if act.hint else ""
    return form_page(call, made, _(act.title), crumbs, typed.status, hint, path)


@router.post("/projects/{project_id:int}/do/{name}")
def do(request: Request, project_id: int, name: str, sent: FormData = Depends(posted)) -> Response:
    """Do it."""
    wanted = _act(name)

    def act(call: Call) -> str:
        refuse_administrators(call)
        row = find_project(call.s, call.person, project_id)
        common = {"actor": call.person, "project_id": project_id, "now": call.now,
                  "expected_version": version(sent)}  # fmt: skip
        wanted.run(call, row, sent, common)
        return f"/projects/{project_id}"

    def again(call: Call, typed: Typed) -> Response:
        return _show(call, project_id, wanted, name, typed)

    return perform(request, sent, name, act, again, name)
