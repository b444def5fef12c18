"""/projects/{id}: everything that is known of a project, part by part."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from config.i18n import gettext as _
from config.project_rules import project_rules
from config.projects import DUTIES, STAGES
from models import tables
from models.queries import ledger, library
from models.queries.ledger import LedgerFilter
from models.queries.library import ProjectFilter
from models.queries.paging import LIGHTS
from projects.access import OFFICE, find_project, may_report
from projects.library import bands, comparing, duties, fields, listings, stages, tags
from projects.lights.words import reason_word
from web.call import Call, reading
from web.late import LateRoute
from web.navigation import REPORTERS, refuse_administrators
from web.pages.ledger import line as issue_line
from web.pages.projects import amounts
from web.pages.projects.history_view import history_of
from web.pages.projects.notices import done_text
from web.pages.projects.parts import parts_of
from web.templating import page, url
from workflow.wording import category_name, unit_name, word

router = APIRouter(route_class=LateRoute)
Data = dict[str, Any]
ISSUES = 20
_P = tables.project.c


@router.get("/projects/{project_id:int}")
def show(request: Request, project_id: int, done: str = "") -> Response:
    """The project's page. A record that was merged leads to the one that is kept."""
    with reading(request) as call:
        refuse_administrators(call)
        project = find_project(call.s, call.person, project_id)
        if project.merged_into_id is not None:
            kept = f"/projects/{project.merged_into_id}"
            return RedirectResponse(url(kept, done=done or "led_here"), status_code=303)
        answers = may_report(call.s, call.person, project)
        return page(
            call,
            "projects/show.html",
            project=project,
            done=done_text(done),
            may={"report": answers, "keep": bool(call.person.roles & OFFICE),
                 "raise": call.has(*REPORTERS)},
            head=_head(call, project),
            groups=_groups(call, project, phones=answers),
            stages=_stages(call, project),
            chain=_chain(call, project),
            listings=_lists(call, project),
            tags=_tags(call, project),
            asks=_asks(project),
            issues=_issues(call, project),
            entries=history_of(call, project.id, phones=answers),
            parts=parts_of(call, project),
        )  # fmt: skip


def _head(call: Call, project: Any) -> Data:
    people, band = call.directory, bands.band_of(project)
    elsewhere = project.attributed_board_id not in (None, project.board_id)
    return {
        "board": unit_name(people, project.board_id) or project.region,
        "attributed": unit_name(people, project.attributed_board_id) if elsewhere else "",
        "band": band.name if band else "",
        "why": reason_word(project.light_reason) if project.light_reason else "",
        "invest": amounts.invested(project),
        "density": amounts.density(project),
        "parent": _named(call, project.parent_id),
        "parts": _below(call, project.id),
    }


def _named(call: Call, key: int | None) -> Any:
    if key is None:
        return None
    found = library.everything(call.s, call.person, call.directory, ProjectFilter(ids=(key,)))
    return found[0] if found else None


def _below(call: Call, key: int) -> list[Any]:
    ids = call.s.execute(select(_P.id).where(_P.parent_id == key)).scalars().all()
    if not ids:
        return []
    wanted = ProjectFilter(ids=tuple(ids))
    return library.everything(call.s, call.person, call.directory, wanted)


def _groups(call: Call, project: Any, *, phones: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields of the record by group; what is not stated is left out."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in fields.GROUPS}
    for field in fields.FIELDS:
        if field.name in _ELSEWHERE or (field.name == "contact_phone" and not phones):
            continue
        text = fields.shown(field, getattr(project, field.column))
        if text:
            told = comparing.told(field.name, text, call.directory)
            found[field.group].append((_(field.label), told))
    for label, day in ((_("Actual start"), project.actual_start_on),
                       (_("Actual completion"), project.actual_finish_on)):  # fmt: skip
        if day is not None:
            found["time"].append((label, day.isoformat()))
    stated = ((_("Level as the source states it"), project.level),
              (_("Stage as the source states it"), project.stated_stage),
              (_("Source"), project.source))  # fmt: skip
    found["what"] += [(label, text) for label, text in stated if text]
    return [(_(fields.GROUPS[name]), rows) for name, rows in found.items() if rows]


_ELSEWHERE = frozenset({"name", "code", "parent", "note"})


def _stages(call: Call, project: Any) -> Data:
    """The six stages with the present one, and the history with what was corrected."""
    steps = stages.timeline(call.s, [project.id])[project.id]
    since = {step.stage: step.since for step in steps if step.standing}
    place = STAGES.index(project.stage)
    return {
        "six": [
            {"name": word("stage", code), "since": since.get(code),
             "when": "now" if n == place else "past" if n < place else ""}
            for n, code in enumerate(STAGES)
        ],
        "steps": [
            {"name": word("stage", step.stage), "step": step,
             "by": call.directory.person_name(step.recorded_by_id)}
            for step in reversed(steps)
        ],
    }  # fmt: skip


def _chain(call: Call, project: Any) -> Data:
    """The chain of responsibility: everybody in force, role by role, and who held it before."""
    rows = duties.chain(call.s, [project.id])[project.id]
    held = {row.role: row for row in rows if row.until is None}
    return {
        "now": [(role, word("duty", role), _holder(call, held.get(role))) for role in DUTIES],
        "before": [(word("duty", row.role), _holder(call, row)) for row in rows if row.until],
    }


def _holder(call: Call, row: Any) -> Data | None:
    if row is None:
        return None
    person = call.directory.person_name(row.person_id) or row.name
    unit = unit_name(call.directory, row.unit_id)
    told = " ".join(text for text in (unit, person) if text)
    return {"name": told, "since": row.since, "until": row.until}


def _lists(call: Call, project: Any) -> list[Data]:
    return [
        {"entry": entry, "name": comparing.list_name(entry.list_code, entry.year),
         "path": url("/projects", list=entry.list_code, year=entry.year)}
        for entry in listings.of(call.s, [project.id])[project.id]
    ]  # fmt: skip


def _tags(call: Call, project: Any) -> list[Data]:
    leaders = {row.name: row.leader for row in tags.chains(call.s)}
    return [
        {"kind": row.kind, "word": word("tag_kind", row.kind), "tag": row.tag,
         "leader": leaders.get(row.tag, "") if row.kind == "chain" else "",
         "path": url("/projects", **{"chain" if row.kind == "chain" else "tag": row.tag})}
        for row in tags.of(call.s, [project.id])[project.id]
    ]  # fmt: skip


def _asks(project: Any) -> Data | None:
    """What the stage asks for, and the issues that are usual in it (S3 3.3)."""
    phase = project_rules().phase_of(project.stage)
    return {"phase": phase} if phase is not None else None


def _issues(call: Call, project: Any) -> Data:
    """Its open issues, those with the nearest deadline first, and the numbers by light."""
    keys = library.merged(call.s, [project.id])[project.id]
    counted = library.open_issues(call.s, call.person, [project.id])[project.id]
    wanted = LedgerFilter(projects=tuple(keys), open_only=True)
    found = ledger.page(
        call.s, call.person, wanted, now=call.now, sort="light", limit=ISSUES
    )  # fmt: skip
    phase, known = project_rules().phase_of(project.stage), call.ctx.policy().categories
    return {
        "rows": [issue_line(call, row) for row in found.rows],
        "lights": [(c, counted[c], url("/issues", project=keys, open="1", light=c))
                   for c in LIGHTS if counted[c]],
        "open": (sum(counted.values()), url("/issues", project=keys, open="1")),
        "all_path": url("/issues", project=keys),
        "usual": [
            (category_name(call.ctx.policy(), c),
             url("/report", project=project.name, category=c))
            for c in (phase.categories if phase else ()) if c in known
        ],
    }  # fmt: skip
