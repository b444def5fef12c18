"""Who can solve an issue, why it stands there, and the meetings that treated it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from projects.access import OFFICE, UNIT_VOICES
from projects.coordination.facts import Standing, standings
from projects.coordination.requests import ASKABLE, CAUSES, requests_of
from projects.meetings import followup, store
from web.call import Call
from web.case_rows import rows_of
from workflow.wording import unit_name, word

Data = dict[str, Any]


def level_name(level: int) -> str:
    """Who solves it at that level, in words."""
    words = {
        1: _("board or department"),
        2: _("consultation by the bureau or a task force"),
        3: _("dispatch meeting"),
        4: _("report to the city"),
    }
    return words.get(level, "")


def coordination_of(call: Call, case: Data) -> Data:
    """Level with reason, requests, meetings and decisions; what the person may ask for."""
    key = rows_of(call, case)[0].id
    level = case["coordination_level"]
    found = standings(call.s, [key])[key] if level > 1 else Standing()
    return {
        "level": level,
        "name": level_name(level),
        "since": found.since,
        "days": found.days_at_level(call.now, call.ctx.calendar()) if found.since else 0,
        "cause": word("cause", found.cause) if found.cause else "",
        "reason": found.reason,
        "by": _who(call, found) if level > 1 else "",
        "requests": [_request(call, row) for row in requests_of(call.s, key)],
        "meetings": _meetings(call, key),
        "causes": _askable(call, case),
    }


def _who(call: Call, found: Standing) -> str:
    if found.actor_id is None:
        return _("the system by itself")
    return call.directory.person_name(found.actor_id)


def _request(call: Call, row: Any) -> Data:
    states = {"open": _("waits for an answer"), "treated": _("treated"), "declined": _("declined")}
    return {
        "id": row.id,
        "version": row.version,
        "cause": _(CAUSES[row.cause]),
        "unit": unit_name(call.directory, row.unit_id),
        "reason": row.reason,
        "state": row.state,
        "state_name": states[row.state],
        "opinion": row.opinion,
        "at": row.asked_at,
        "mine": row.state == "open" and call.has(*OFFICE),
    }


def _meetings(call: Call, issue_id: int) -> list[Data]:
    """Meetings with this item, newest first, each with its decisions on it."""
    m, i = store.M, store.I
    chosen = (
        select(m.id, m.number, m.starts_at, m.state, i.outcome, i.id.label("item_id"))
        .join(tables.meeting_item, i.meeting_id == m.id)
        .join(tables.issue, tables.issue.c.id == i.issue_id)
        .where(i.issue_id == issue_id, i.state == "picked", store.visible_items(call.person))
        .order_by(m.starts_at.desc())
        .limit(20)
    )
    rows = list(call.s.execute(chosen))
    if not rows:
        return []
    decided = store.decisions_of(call.s, call.person, [row.id for row in rows])
    told = followup.statuses(call.s, [d for d in decided if d.issue_id == issue_id], call.now)
    outcomes = {"": "", "decided": _("decided"), "deferred": _("put off")}
    return [
        {
            "path": f"/meetings/{row.id}#item-{row.item_id}", "number": row.number,
            "at": row.starts_at, "outcome": outcomes[row.outcome],
            "decisions": [
                {"text": one.row.answer or one.row.text, "word": one.word, "light": one.light,
                 "unit": unit_name(call.directory, one.row.lead_unit_id), "due": one.due}
                for one in told if one.row.meeting_id == row.id
            ],
        }
        for row in rows
    ]  # fmt: skip


def _askable(call: Call, case: Data) -> list[tuple[str, str]]:
    """What the person may ask for; the command asks again, with the units at work."""
    if case["state"] not in ASKABLE or not call.has(*OFFICE, *UNIT_VOICES):
        return []
    office = call.has(*OFFICE)
    unit = call.directory.units[call.person.unit_id]
    own = {unit.name, unit.name_en} - {""}  # a case file names units in the reader's language
    units = {case["board"], case["reporter_unit"]} | {t["lead_unit"] for t in case["tasks"]}
    units |= {co["unit"] for t in case["tasks"] for co in t.get("co_units", ())}
    if not office and not own & units:
        return []
    elements = call.ctx.policy().coordination.element_categories
    left_out = set() if case["coordination_level"] < 2 else {"consult"}
    if case["category"] not in elements or not (office or case["board"] in own):
        left_out.add("element")
    return [(name, _(words)) for name, words in CAUSES.items() if name not in left_out]
