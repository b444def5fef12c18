"""What the page of an issue shows beside the case file: derived from it, nothing decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from web.actions import ACTIONS
from web.actions.evidence import ATTACH
from web.call import Call
from web.case_rows import rows_of
from web.deeds import Group, groups
from web.evidence_rules import rules_of
from workflow.offers import offers
from workflow.sent_back import sent_back
from workflow.whose_turn import Rules, Turn, whose_turn
from workflow.wording import derivation_lines, word

Data = dict[str, Any]
PHASES = ("discovery", "breakdown", "assignment", "supervision", "closure")
ASIDE = ("parked", "rejected", "merged")
PAGE = 30
"""How many entries of the history are shown at once."""
AHEAD_SHOWN = 8


@dataclass(slots=True)
class IssueView:
    """Parts of the page in the order in which they are shown."""

    tags: list[Data]
    phases: list[Data]
    aside: bool
    origin: str
    groups: list[Group]
    leads: dict[str, str]
    derivations: dict[str, dict[int, list[str]]]
    rules: dict[str, list[str]]
    sizes: dict[int, str]
    ahead: list[Data]
    ahead_shown: int
    entries: list[Data]
    older: int | None
    notices_read: int
    lookback_states: dict[str, str]
    turns: list[Turn]
    returned: dict[str, Data | None]


def view_of(call: Call, case: Data, *, whole: bool = False) -> IssueView:
    """The view of a case file for whoever asks; `whole` with every entry of the history."""
    entries, older = (case["timeline"][::-1], None) if whole else newest(case["timeline"])
    tasks, back = case["tasks"], sent_back(case["timeline"])
    return IssueView(
        tags=tags(case),
        phases=phases(case),
        aside=case["state"] in ASIDE,
        origin=origin(call, case),
        groups=groups(offers(call.s, call.person, case["number"], call.now), case),
        leads={task["number"]: task["lead_unit"] for task in tasks},
        derivations={task["number"]: _derivations(task) for task in tasks},
        rules=rules_of(call, case),
        sizes={e["id"]: size_text(e["size"]) for task in tasks for e in task["evidence"]},
        ahead=ahead(case),
        ahead_shown=AHEAD_SHOWN,
        entries=entries,
        older=older,
        notices_read=sum(1 for notice in case["notices"] if notice["read_at"]),
        lookback_states={
            "planned": _("planned"),
            "ok": _("holds"),
            "relapse": _("the problem is back"),
        },
        turns=whose_turn(case, _rules(call, case)),
        returned={task["number"]: back.get(task["number"]) for task in tasks},
    )


def _rules(call: Call, case: Data) -> Rules:
    """The definitions that an issue and its tasks run under."""
    issue, tasks = rows_of(call, case)
    return Rules(
        call.ctx.workflow(issue.workflow_version_id),
        call.ctx.policy(issue.policy_version_id),
        {task.number: call.ctx.policy(task.policy_version_id) for task in tasks},
    )


def newest(timeline: list[Data]) -> tuple[list[Data], int | None]:
    """The newest entries, newest first, and the number before which older ones are asked for."""
    shown = timeline[-PAGE:]
    older = shown[0]["seq"] if len(timeline) > len(shown) else None
    return shown[::-1], older


def tags(case: Data) -> list[Data]:
    """What marks the issue out, in words."""
    level = case["coordination_level"]
    found = [
        (case["urgent"], _("urgent"), True),
        (case["major"], _("major"), True),
        (case["listed"], _("on the supervision list"), True),
        (level > 1, _("coordination level L{n}").format(n=level), level > 2),
        (case["relapse_count"], _("relapsed {n} times").format(n=case["relapse_count"]), True),
        (case["override_count"], _("rules waived: {n}").format(n=case["override_count"]), True),
    ]
    return [{"text": text, "alarm": alarm} for holds, text, alarm in found if holds]


def phases(case: Data) -> list[Data]:
    """The five phases with the place of each: past, now, or still to come."""
    here = PHASES.index(case["phase"]) if case["phase"] in PHASES else 0
    places = ["past"] * here + ["now"] + [""] * len(PHASES)
    return [{"name": word("phase", name), "place": places[n]} for n, name in enumerate(PHASES)]


def origin(call: Call, case: Data) -> str:
    """Where the issue was handed in: the platform's name and its own number, or nothing."""
    issue, source = rows_of(call, case)[0], tables.source_system.c
    name = ""
    if issue.source_system:
        chosen = select(source.name).where(source.code == issue.source_system)
        name = call.s.execute(chosen).scalar() or issue.source_system
    return " ".join(part for part in (name, issue.source_id) if part)


def ahead(case: Data) -> list[Data]:
    """What the clock will do on the issue and its tasks, in the order of time.

    A reminder that comes again and again stands once, with how often and until when.
    """
    found = [one | {"task": "", "lead_unit": ""} for one in case["ahead"]]
    for task in case["tasks"]:
        own = {"task": task["number"], "lead_unit": task["lead_unit"]}
        found += [one | own for one in task["ahead"]]
    return _folded(sorted(found, key=lambda one: (one["at"], one["task"], one["level"] or 0)))


def _folded(moments: list[Data]) -> list[Data]:
    found: list[Data] = []
    first: dict[tuple[str, str], Data] = {}
    for one in moments:
        same = (one["name"], one["task"])
        if one["level"] is None and same in first:
            first[same] |= {"repeats": first[same]["repeats"] + 1, "until": one["at"]}
            continue
        found.append(one | {"repeats": 0, "until": None})
        first.setdefault(same, found[-1])
    return found


def _derivations(task: Data) -> dict[int, list[str]]:
    return {d["n"]: derivation_lines(d["derivation"]) for d in task["deadlines"]}


def size_text(size: int | None) -> str:
    """A file's size as people read it."""
    if not size:
        return ""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)} KB"


def done_text(name: str) -> str:
    """What was done, for names of the catalogue; empty for any other."""
    titles = {action.name: action.title for action in (*ACTIONS, ATTACH)}
    own = {"reported": _("the issue is reported"), "draft": _("the draft is kept")}
    return own.get(name) or (_(titles[name]) if name in titles else "")
