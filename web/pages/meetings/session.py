"""The meeting in session: one item at a time, on a screen and on a phone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from config.i18n import gettext as _
from projects.meetings import followup, store
from projects.meetings.decisions import KINDS
from web.call import Call, reading
from web.late import LateRoute
from web.pages.admin.forms import FRESH, Box, Form, Typed, build, units_of
from web.pages.meetings import kit
from web.pages.meetings.kit import Data, Id
from web.templating import page, url
from web.widgets import project_options
from workflow.wording import category_name, unit_name

router = APIRouter(route_class=LateRoute)
Key = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/meetings/{number:int}/session")
def session(
    request: Request, number: Id, item: Key = None, answer: Key = None, done: str = ""
) -> HTMLResponse:
    """The present item: brief, positions, decisions; and what the person may do about it.

    What others record appears by itself; forms stand apart, so that nothing typed is lost.
    """
    with reading(request) as call:
        return view(call, number, FRESH, item, answer, done)


def view(
    call: Call, number: int, typed: Typed, item: int | None = None, answer: int | None = None,
    done: str = "",
) -> HTMLResponse:  # fmt: skip
    """The page of the session."""
    row = kit.find(call, number)
    units = store.units_of(call.s, [row.id]).get(row.id, [])
    items = store.items_of(call.s, call.person, row.id)
    positions = store.positions_of(call.s, [one.id for one in items])
    rows = [kit.item_row(call, one, positions.get(one.id, [])) for one in items]
    present = next((one for one in rows if one["id"] == item), rows[0] if rows else None)
    found = followup.statuses(call.s, store.decisions_of(call.s, call.person, [row.id]), call.now)
    decisions = [kit.decision_row(call, one) for one in found]
    may = kit.flags(call, row, units)
    own = [one for one in decisions if present and one["item_id"] == present["id"]]
    forms = _forms(call, row, may, present, decisions, answer, typed, units)
    beside = {form.name for _heading, form in forms}
    return page(
        call,
        "meetings/session.html",
        typed.status,
        meeting=kit.meeting_row(call, row),
        may=may,
        items=rows,
        item=present,
        own=own,
        whole=[one for one in decisions if one["item_id"] is None],
        count={one["id"]: _count(decisions, one["id"]) for one in rows},
        here=url(f"/meetings/{row.id}/session", item=present["id"] if present else None),
        forms=forms,
        reasons=list(typed.error.reasons) if typed.error and typed.form not in beside else [],
        done=done,
    )


def _count(decisions: list[Data], item_id: int) -> int:
    return sum(1 for one in decisions if one["item_id"] == item_id)


def _forms(
    call: Call, row: Any, may: dict[str, bool], item: Data | None, decisions: list[Data],
    answer: int | None, typed: Typed, units: list[Any],
) -> list[tuple[str, Form]]:  # fmt: skip
    """Forms with their headings, the most urgent first."""
    found = []
    asked = _asked(may, decisions, answer)
    if asked is not None:
        found.append((asked["text"], _answer_form(asked, row, item, typed)))
    if row.state == "session":
        if may["chief"]:
            found.append((_("Record a decision"), _decide_form(call, row, item, typed, units)))
        if item is not None and (may["office"] or may["voice"]):
            heading = _("Take down a position") if may["office"] else _("Position of my unit")
            found.append((heading, _speak_form(call, row, item, may, typed)))
        if may["recorder"] or may["voice"]:
            found.append((_("Raise an issue on the spot"), _raise_form(call, row, may, typed)))
        if may["chief"] and item is not None:
            found.append((_("Put the item off"), _defer_form(row, item, typed)))
    return found


def _asked(may: dict[str, bool], decisions: list[Data], answer: int | None) -> Data | None:
    """The question to answer: the one named, else the first that waits for the own unit."""
    waiting = [
        one for one in decisions if one["state"] in ("asked", "answered") and not one["task"]
    ]
    if answer is not None:
        return next((d for d in waiting if d["id"] == answer and (may["chief"] or d["own"])), None)
    own = [one for one in waiting if one["own"] and one["state"] == "asked"]
    return own[0] if own and not may["all"] else None


def _answer_form(asked: Data, row: Any, item: Data | None, typed: Typed) -> Form:
    boxes = [
        Box("text", _("Answer of {unit}").format(unit=asked["unit"]), asked["answer"], "text"),
        Box("due", _("To be done by"), asked["due"] or "", type="date"),
    ]
    hidden = _hidden(item) | {"version": str(asked["version"])}
    action = f"/meetings/{row.id}/decisions/{asked['id']}/answer"
    return build("answer", action, _("Answer with this date"), boxes, typed, hidden=hidden)


def _hidden(item: Data | None) -> dict[str, str]:
    return {"item": str(item["id"])} if item is not None else {}


def _decide_form(call: Call, row: Any, item: Data | None, typed: Typed, units: list[Any]) -> Form:
    attending = [call.directory.units[unit.unit_id] for unit in units]
    first = {unit.code for unit in attending}
    options = sorted(units_of(call), key=lambda pair: pair[0] not in first)
    kinds = [(name, _(words)) for name, words in KINDS.items()]
    boxes = [
        Box("kind", _("What becomes of it"), "task", options=kinds),
        Box("text", _("Decision or question"), "", "text"),
        Box("lead", _("Responsible unit"), "", options=options),
        Box("due", _("To be done by"), "", type="date", optional=True,
            help=_("A unit that is asked gives its date with the answer.")),
    ]  # fmt: skip
    action = f"/meetings/{row.id}/decide"
    return build("decide", action, _("Record it"), boxes, typed, hidden=_hidden(item))


def _speak_form(call: Call, row: Any, item: Data, may: dict[str, bool], typed: Typed) -> Form:
    boxes = [Box("text", _("Position on the item"), "", "text")]
    if may["office"]:
        boxes.insert(0, Box("unit", _("Unit"), "", options=units_of(call)))
    action = f"/meetings/{row.id}/items/{item['id']}/speak"
    return build("speak", action, _("Save"), boxes, typed, hidden=_hidden(item))


def _raise_form(call: Call, row: Any, may: dict[str, bool], typed: Typed) -> Form:
    policy = call.ctx.policy()
    boards = [(u.code, unit_name(call.directory, u.id)) for u in _boards(call)]
    boxes = [
        Box("title", _("Title")),
        Box("description", _("What stands in the way"), "", "text"),
        Box("category", _("Category"), "其他",
            options=[(name, category_name(policy, name)) for name in policy.categories]),
        Box("project", _("Project"), "", "project", optional=True, options=project_options(call)),
    ]  # fmt: skip
    if may["recorder"]:
        boxes.insert(0, Box("board", _("Town or street that raises it"), "", options=boards))
    action = f"/meetings/{row.id}/raise"
    return build("raise", action, _("Raise it"), boxes, typed)


def _boards(call: Call) -> list[Any]:
    return [u for u in call.directory.units.values() if u.is_board and u.active]


def _defer_form(row: Any, item: Data, typed: Typed) -> Form:
    boxes = [Box("reason", _("Reason"), item["note"])]
    action = f"/meetings/{row.id}/items/{item['id']}/defer"
    return build("defer", action, _("Put off to the next meeting"), boxes, typed,
                 hidden=_hidden(item))  # fmt: skip
