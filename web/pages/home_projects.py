"""The project side on the workbench: how projects stand, and what of them waits for the person.

Every number leads to the list that has as many.
"""

from __future__ import annotations

from typing import Any

from config.i18n import gettext as _
from models.queries.paging import LIGHTS
from projects.waiting import Standing, Waiting, standing_of, waiting_for
from web.call import Call
from web.pages.meetings.kit import meeting_row
from web.templating import day, url

Data = dict[str, Any]


def project_todos(call: Call) -> list[Data]:
    """What waits, each number with its list; beside it what of that is overdue."""
    return [
        number for one in waiting_for(call.s, call.person, call.now) for number in _todo(call, one)
    ]


def project_standing(call: Call) -> Data | None:
    """The card of projects; None for somebody who may know of none."""
    found = standing_of(call.s, call.person, call.now)
    if not found.lights and found.meeting is None:
        return None
    return {
        "total": {"n": sum(found.lights.values()), "path": "/projects"},
        "lights": [
            {"light": light, "n": found.lights.get(light, 0),
             "path": url("/projects", light=light)}
            for light in LIGHTS
        ],
        "milestones": _milestones(found),
        "meeting": meeting_row(call, found.meeting) if found.meeting is not None else None,
    }  # fmt: skip


def _milestones(found: Standing) -> list[Data]:
    mine = "1" if found.ours else ""
    words = {
        "late": _("Our milestones overdue") if found.ours else _("Milestones overdue"),
        "soon": _("Our milestones due soon") if found.ours else _("Milestones due soon"),
    }
    return [
        {"name": name, "n": found.milestones[due], "alarm": due == "late",
         "path": url("/projects/milestones", due=due, mine=mine)}
        for due, name in words.items()
    ]  # fmt: skip


def _todo(call: Call, one: Waiting) -> list[Data]:
    unit = call.directory.units[one.unit_id].code if one.unit_id is not None else ""
    instructions = "/inspections/instructions"
    paths: dict[str, tuple[str, str]] = {
        "figures": (url("/figures", month=one.month, missing="1"), ""),
        "decisions": (url("/meetings/decisions", unit=unit),
                      url("/meetings/decisions", unit=unit, late="1")),
        "demands": (url("/demands", view="waiting"), url("/demands", view="late")),
        "instructions": (url(instructions, state="open", unit=unit),
                         url(instructions, state="late", unit=unit)),
        "answers": (url(instructions, state="answered"), ""),
    }  # fmt: skip
    path, late = paths[one.kind]
    found = [{"kind": one.kind, "name": _name(one), "n": one.count, "path": path,
              "alarm": bool(one.late and not late)}]  # fmt: skip
    if one.late and late:
        found.append({"kind": f"{one.kind} late", "name": _late_name(one), "n": one.late,
                      "path": late, "alarm": True})  # fmt: skip
    return found


def _name(one: Waiting) -> str:
    names = {
        "figures": _("Projects to report for {month}, by {day}"),
        "decisions": _("Meeting decisions not carried out yet") if one.unit_id is None
        else _("Meeting decisions for us to carry out"),
        "demands": _("Enterprise demands to deal with"),
        "instructions": _("Instructions to answer"),
        "answers": _("Answers to instructions to rule on"),
    }  # fmt: skip
    return names[one.kind].format(month=one.month, day=day(one.due))


def _late_name(one: Waiting) -> str:
    names = {
        "decisions": _("Meeting decisions overdue"),
        "demands": _("Enterprise demands not taken up in time"),
        "instructions": _("Instructions overdue"),
    }
    return names[one.kind]
