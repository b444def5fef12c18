"""The land-service list (用地清单, S4 4.4): handed out with the land contract; a demand beyond it
becomes an issue of its own category. The demand names the issue, the issue names the demand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import gettext as _
from config.i18n import language
from config.milestones import default_network
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects import history
from projects.access import (
    UNIT_VOICES,
    find_project,
    may_report,
    not_allowed,
    refuse_merged,
    refuse_stale,
)
from projects.milestones.base import Changed, change, needed, past_day, refuse, today_of
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.commands.discovery import Report
from workflow.commands.discovery import report as report_issue
from workflow.context import context
from workflow.errors import Malformed, Reason, WorkflowError
from workflow.ledgers.import_store import savepoint

_L, _I, _D = tables.land_list, tables.land_item, tables.land_demand
MOST_ITEMS = 100
SOURCE = "land-list"


def keeper_id(s: Session) -> int | None:
    """The unit that hands the lists out."""
    unit = context(s).directory.find_unit(default_network().land.keeper)
    return unit.id if unit is not None else None


def may_keep(s: Session, actor: PersonInfo, project: Any) -> bool:
    """Who answers for the project, and the voices of the unit that keeps the lists."""
    voice = bool(actor.roles & UNIT_VOICES) and actor.unit_id == keeper_id(s)
    return voice or may_report(s, actor, project)


def _begin(s: Session, actor: PersonInfo, project_id: int) -> Any:
    project = find_project(s, actor, project_id, lock=True)
    if not may_keep(s, actor, project):
        raise not_allowed(_("Only those who answer for the project, or the office, may do this."))
    refuse_merged(project)
    return project


def hand_out(
    s: Session, *, actor: PersonInfo, project_id: int, issued_on: date,
    items: Sequence[tuple[str, str]], now: datetime, contract: str = "",
) -> Changed:  # fmt: skip
    """Record the list: (what is asked for, code of the unit or empty). It is handed out once; what
    somebody wants later is a demand, not another item. Raises `GuardFailed`, `Malformed`."""
    project = _begin(s, actor, project_id)
    if list_of(s, project_id) is not None:
        raise refuse(
            "list_issued", _("The list was handed out already; nothing is added to it."),
            _("Record what is asked for now as a demand."),
        )  # fmt: skip
    values = {
        "project_id": project.id, "contract": clean("contract", contract, most=80),
        "issued_on": past_day("issued_on", issued_on, today_of(s, now)), "by_id": actor.id,
    }  # fmt: skip
    rows = [_item(s, n, name, unit) for n, (name, unit) in enumerate(items, 1)]
    if not 1 <= len(rows) <= MOST_ITEMS:
        raise Malformed(
            Reason(
                "items_count", _("A list has 1 to {n} items.").format(n=MOST_ITEMS), "items",
                _("Write one item on each line."),
            )
        )  # fmt: skip
    list_id = int(s.execute(insert(_L).values(values).returning(_L.c.id)).scalar_one())
    s.execute(insert(_I), [row | {"land_list_id": list_id} for row in rows])
    facts = {"list": list_id, "items": [row["name"] for row in rows], **values}
    history.note(s, f"project:{project.id}", "land.listed", facts, actor, now)
    return Changed(list_id, project.id, 1)


def _item(s: Session, n: int, name: str, unit: str) -> dict[str, Any]:
    return {"position": n, "name": needed("items", name, 200), "unit_id": _unit(s, unit, "items")}


def _unit(s: Session, text: str, field: str) -> int | None:
    if not text.strip():
        return None
    known = context(s).directory.find_unit(text.strip())
    if known is None:
        raise Malformed(
            Reason(
                "unit_unknown", _("Unknown unit {name}.").format(name=text.strip()), field,
                _("Use its code or full name."),
            )
        )  # fmt: skip
    return known.id


def demand(
    s: Session, *, actor: PersonInfo, project_id: int, text: str, raised_on: date, now: datetime,
    unit: str = "", item: int | None = None,
) -> Changed:  # fmt: skip
    """Record what somebody asks for. `item`: number on the list that it belongs to; without one it
    is beyond the list, and an issue at once where the policy wants that."""
    project = _begin(s, actor, project_id)
    found = list_of(s, project_id)
    if found is None:
        raise refuse(
            "list_missing", _("No land-service list was handed out for this project."),
            _("Record the list first."),
        )  # fmt: skip
    _refuse_early(raised_on, found.issued_on)
    values = {
        "project_id": project.id, "text": needed("text", text, 1000),
        "raised_on": past_day("raised_on", raised_on, today_of(s, now)),
        "unit_id": _unit(s, unit, "unit"), "item_id": _item_id(s, found.id, item),
        "by_id": actor.id, "at": now,
    }  # fmt: skip
    new_id = int(s.execute(insert(_D).values(values).returning(_D.c.id)).scalar_one())
    facts = {k: v for k, v in values.items() if k != "at"} | {"demand": new_id}
    history.note(s, f"project:{project.id}", "land.demanded", facts, actor, now)
    version, warnings = 1, tuple[Reason, ...]()
    if values["item_id"] is None and context(s).policy().project_lights.land_demand_reports:
        version, warnings = _report_at_once(s, actor, new_id, now)
    return Changed(new_id, project.id, version, warnings)


def _refuse_early(raised_on: date, issued_on: date) -> None:
    """What was asked for before the list was handed out belongs on it, not beyond it."""
    if raised_on < issued_on:
        raise Malformed(
            Reason(
                "demand_early",
                _("The list was handed out later, on {day}.").format(day=issued_on.isoformat()),
                "raised_on", _("Check the date."),
            )
        )  # fmt: skip


def _report_at_once(
    s: Session, actor: PersonInfo, demand_id: int, now: datetime
) -> tuple[int, tuple[Reason, ...]]:
    """As policy has it; who may not report leaves it marked as beyond the list."""
    try:
        with savepoint(s):  # what a refused report has written is taken back
            return report(s, actor=actor, demand_id=demand_id, now=now)[0].version, ()
    except WorkflowError as error:
        return 1, error.reasons


def _item_id(s: Session, list_id: int, position: int | None) -> int | None:
    if position is None:
        return None
    chosen = select(_I.c.id).where(_I.c.land_list_id == list_id, _I.c.position == position)
    row = s.execute(chosen).first()
    if row is None:
        raise Malformed(
            Reason(
                "item_unknown", _("The list has no item {n}.").format(n=position), "item",
                _("Choose an item of the list, or none."),
            )
        )  # fmt: skip
    return int(row.id)


def match(
    s: Session, *, actor: PersonInfo, demand_id: int, item: int | None, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Say which item of the list a demand belongs to, or that it is beyond the list (None)."""
    row, project = _demand(s, actor, demand_id, expected_version)
    if row.issue_id is not None:
        raise refuse(
            "demand_reported", _("The demand is an issue already."),
            _("What becomes of it is decided there."),
        )  # fmt: skip
    found = list_of(s, project.id)
    item_id = _item_id(s, found.id, item)
    version = change(s, _D, row, item_id=item_id)
    facts = {"demand": row.id, "item": [row.item_id, item_id]}
    history.note(s, f"project:{project.id}", "land.matched", facts, actor, now)
    return Changed(row.id, project.id, version)


def report(
    s: Session, *, actor: PersonInfo, demand_id: int, now: datetime,
    expected_version: int | None = None,
) -> tuple[Changed, str]:  # fmt: skip
    """Make a demand beyond the list an issue (用地清单外要求); returns its number, too."""
    row, project = _demand(s, actor, demand_id, expected_version)
    if row.issue_id is not None or row.item_id is not None:
        raise refuse(
            "demand_settled", _("The demand is an issue already, or stands on the list."),
            _("Nothing is to be reported."),
        )  # fmt: skip
    with language("zh_CN"):  # what enters the ledger is Chinese, whoever files it
        title = _("Demand beyond the land-service list: {text}").format(text=row.text)[:200]
        text = _description(s, row)
    form = Report(
        title, text, default_network().land.category, project.name, found_on=row.raised_on,
        source_system=SOURCE, source_id=f"demand:{row.id}",
    )  # fmt: skip
    number = report_issue(s, actor=actor, form=form, now=now).issue_number
    issue = tables.issue.c
    issue_id = int(s.execute(select(issue.id).where(issue.number == number)).scalar_one())
    version = change(s, _D, row, issue_id=issue_id)
    facts = {"demand": row.id, "issue": number}
    history.note(s, f"project:{project.id}", "land.reported", facts, actor, now)
    return Changed(row.id, project.id, version), number


def _description(s: Session, row: Any) -> str:
    found = list_of(s, row.project_id)
    return _(
        "Asked for on {day} by {unit}: {text}. The land-service list of {issued} does not have it; "
        "nothing is to be added to the list (S4)."
    ).format(
        day=row.raised_on.isoformat(), text=row.text, issued=found.issued_on.isoformat(),
        unit=context(s).directory.unit_name(row.unit_id) or _("(unit not stated)"),
    )  # fmt: skip


def _demand(
    s: Session, actor: PersonInfo, demand_id: int, expected_version: int | None
) -> tuple[Any, Any]:
    chosen = select(_D).where(_D.c.id == demand_id)
    known = s.execute(chosen).first()
    if known is None:
        raise not_visible(str(demand_id))
    project = _begin(s, actor, known.project_id)
    row = s.execute(chosen).one()
    refuse_stale(row, expected_version)
    return row, project


def list_of(s: Session, project_id: int) -> Any:
    """The project's list, or None."""
    return s.execute(select(_L).where(_L.c.project_id == project_id)).first()


def items_of(s: Session, list_id: int) -> list[Any]:
    """The items of a list in order."""
    chosen = select(_I).where(_I.c.land_list_id == list_id).order_by(_I.c.position)
    return list(s.execute(chosen))


def demands_of(s: Session, project_id: int) -> list[Any]:
    """The demands on a project, newest first, each with its issue's number, state and light."""
    issue = tables.issue.c
    chosen = (
        select(_D, issue.number.label("issue"), issue.state.label("issue_state"),
               issue.light.label("issue_light"), _I.c.position.label("item"))
        .outerjoin(tables.issue, issue.id == _D.c.issue_id)
        .outerjoin(_I, _I.c.id == _D.c.item_id)
        .where(_D.c.project_id == project_id)
        .order_by(_D.c.id.desc())
    )  # fmt: skip
    return list(s.execute(chosen))
