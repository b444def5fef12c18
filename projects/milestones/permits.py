"""Permits and certificates: recorded, withdrawn, how long they hold, and how soon they came.

拿地即开工 and 竣工即发证 (S1 1.4) are worked out from dates, each with what it was worked out from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from config.i18n import current_language
from config.i18n import gettext as _
from config.milestones import Network, default_network
from config.policy_parts import ProjectLightRules
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import refuse_stale
from projects.lights.rules import default_validity
from projects.milestones import commands as milestones
from projects.milestones.base import Changed, begin, change, day, finish, needed, past_day, today_of
from projects.milestones.network import working_days
from workflow.calendar import WorkCalendar
from workflow.case import not_visible
from workflow.commands.base import clean
from workflow.errors import Malformed, Reason

_P, _M = tables.permit, tables.milestone


def grant(
    s: Session, *, actor: PersonInfo, project_id: int, kind: str, granted_on: date, now: datetime,
    number: str = "", valid_until: date | None = None, note: str = "", done: bool = False,
    confirmed: bool = False,
) -> Changed:  # fmt: skip
    """Record a permit; without `valid_until` it holds as long as its kind does by default.

    `done`: the milestone that it proves is recorded as done on that day, too (`confirmed` as in
    `milestones.record`). Raises `Malformed`, `NotAllowed`, `NotVisible`, `GuardFailed`.
    """
    project = begin(s, actor, project_id)
    known = _kind(kind)
    on = past_day("granted_on", granted_on, today_of(s, now))
    until = day("valid_until", valid_until) or default_validity(on, known.months)
    if until is not None and until < on:
        raise Malformed(
            Reason(
                "validity_reversed", _("The permit would end before it was granted."),
                "valid_until", _("Correct one of the two dates."),
            )
        )  # fmt: skip
    values = {
        "kind": kind, "number": clean("number", number, most=80), "granted_on": on,
        "valid_until": until, "note": clean("note", note, most=300),
    }  # fmt: skip
    made = insert(_P).values(values | {"project_id": project.id}).returning(_P.c.id)
    new_id = int(s.execute(made).scalar_one())
    finish(s, project.id, "permit.granted", values | {"permit": new_id}, actor, now)
    if done and known.of:
        _prove(s, actor, project.id, known.of, on, now, confirmed)
    return Changed(new_id, project.id, 1)


def _prove(
    s: Session, actor: PersonInfo, project_id: int, key: str, on: date, now: datetime, sure: bool
) -> None:
    row = s.execute(
        select(_M.c.id).where(
            _M.c.project_id == project_id, _M.c.key == key, _M.c.actual_on.is_(None),
            _M.c.dropped_on.is_(None),
        )
    ).first()  # fmt: skip
    if row is not None:
        milestones.record(
            s, actor=actor, milestone_id=row.id, actual_on=on, now=now, confirmed=sure
        )


def _kind(kind: str) -> Any:
    known = default_network().permits
    if kind not in known:
        raise Malformed(
            Reason(
                "permit_unknown", _("Unknown kind of permit {name}.").format(name=kind), "kind",
                _("Use one of: {names}.").format(names=", ".join(known)),
            )
        )  # fmt: skip
    return known[kind]


def withdraw(
    s: Session, *, actor: PersonInfo, permit_id: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Changed:  # fmt: skip
    """Take back a permit that was recorded wrongly, or was revoked; it stays on record."""
    known = s.execute(select(_P.c.project_id).where(_P.c.id == permit_id)).first()
    if known is None:
        raise not_visible(str(permit_id))
    project = begin(s, actor, known.project_id)
    row = s.execute(select(_P).where(_P.c.id == permit_id)).one()
    refuse_stale(row, expected_version)
    text = needed("reason", reason)
    if row.withdrawn_on is not None:
        return Changed(row.id, project.id, row.version)
    version = change(s, _P, row, withdrawn_on=today_of(s, now), withdraw_reason=text)
    facts = {"permit": row.id, "kind": row.kind, "reason": text}
    finish(s, project.id, "permit.withdrawn", facts, actor, now)
    return Changed(row.id, project.id, version)


def permits_of(s: Session, project_id: int) -> list[Any]:
    """Every permit of a project, withdrawn ones too, by the day of the grant."""
    chosen = select(_P).where(_P.c.project_id == project_id).order_by(_P.c.granted_on, _P.c.id)
    return list(s.execute(chosen))


def validity(
    permit: Any, today: date, rules: ProjectLightRules, needed_still: bool,
    used_on: date | None = None,
) -> str:  # fmt: skip
    """withdrawn, valid, used (its purpose is served), expiring or expired. `used_on`: the day on
    which it served; what had run out by then never did."""
    if permit.withdrawn_on is not None:
        return "withdrawn"
    if permit.valid_until is None:
        return "valid"
    if not needed_still:
        return "expired" if used_on is not None and permit.valid_until < used_on else "used"
    if today > permit.valid_until:
        return "expired"
    left = (permit.valid_until - today).days
    return "expiring" if left <= rules.permit_notice_days else "valid"


@dataclass(frozen=True, slots=True)
class Promptness:
    """Whether one date followed another soon enough; `met` None: not both are known.

    `days` are working days from the first to the second (negative: it came before).
    """

    key: str
    name: str
    met: bool | None
    first_name: str
    first_on: date | None
    then_name: str
    then_on: date | None
    days: int | None
    limit: int


def promptness(
    rows: Iterable[Any], permits: Sequence[Any], rules: ProjectLightRules,
    calendar: WorkCalendar,
) -> list[Promptness]:  # fmt: skip
    """拿地即开工 and 竣工即发证 of a project from its milestones and permits."""
    network, done = default_network(), {m.key: m.actual_on for m in rows}
    limits = {"land_start": rules.land_start_wd, "certificate": rules.certificate_wd}
    found = []
    for one in network.prompt:
        first = _date_of(network, one.first, done, permits)
        then = _date_of(network, one.then, done, permits, first)
        days = working_days(first, then, calendar) if first and then else None
        found.append(
            Promptness(
                one.key, _named(one), None if days is None else days <= limits[one.key],
                _name_of(network, one.first), first, _name_of(network, one.then), then, days,
                limits[one.key],
            )
        )  # fmt: skip
    return found


def _date_of(
    network: Network, key: str, done: dict[str, date | None], permits: Sequence[Any],
    valid_on: date | None = None,
) -> date | None:  # fmt: skip
    """The first permit of that kind that stands, else the day on which the milestone was done.

    With `valid_on` only what was valid on that day or later: a permit that had run out before is
    none, and the milestone that it proved does not count either.
    """
    held = [p for p in permits if p.kind == key and p.withdrawn_on is None]
    if not held:
        return done.get(key)
    lasting = [
        p.granted_on for p in held
        if valid_on is None or p.valid_until is None or p.valid_until >= valid_on
    ]  # fmt: skip
    return min(lasting, default=None)


def _name_of(network: Network, key: str) -> str:
    return _named(network.permits.get(key) or network.by_key[key])


def _named(one: Any) -> str:
    return str(one.en if current_language() == "en" else one.name)


def permit_name(kind: str) -> str:
    """A kind of permit in the present language."""
    known = default_network().permits.get(kind)
    return _named(known) if known is not None else kind
