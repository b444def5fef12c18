"""A deadline and its ladder tried out: what a dispatch at some moment would lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import BOARD, Rung
from models.directory import Directory
from workflow import deadlines, ladder, setup
from workflow.calendar import WorkCalendar
from workflow.context import build_calendar
from workflow.deadlines import Deadline
from workflow.errors import Malformed, Reason
from workflow.telling import addressees
from workflow.wording import kind_name, word


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a rung speaks to: the policy's name, its wording, and the people, where known."""

    role: str
    label: str
    people: tuple[str, ...] = ()

    def __str__(self) -> str:
        people = f" ({', '.join(self.people)})" if self.people else ""
        return f"{self.label}{people}"


@dataclass(frozen=True, slots=True)
class RungAhead:
    """One rung: when it fires, what it sends to whom, or why it cannot fire."""

    key: str
    level: int
    offset: int
    at: datetime | None
    kind: str
    document: str
    mode: str
    to: tuple[Addressee, ...]
    copied: tuple[Addressee, ...]
    fires: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What `policy simulate` found. Moments bear the policy's zone."""

    category: str
    urgent: bool
    limit_class: str
    dispatched: datetime
    acknowledge_by: datetime
    deadline: Deadline
    rungs: tuple[RungAhead, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: moments as ISO 8601 with offset."""
        due = self.deadline.due_at
        return {
            "category": self.category,
            "urgent": self.urgent,
            "limit_class": self.limit_class,
            "dispatched": self.dispatched.isoformat(),
            "acknowledge_by": self.acknowledge_by.isoformat(),
            "deadline": due.isoformat() if due else None,
            "provisional": self.deadline.provisional,
            "derivation": self.deadline.derivation,
            "rungs": [_rung_json(rung) for rung in self.rungs],
        }


def _rung_json(rung: RungAhead) -> dict[str, Any]:
    return {
        "key": rung.key,
        "level": rung.level,
        "offset": rung.offset,
        "when": rung.at.isoformat() if rung.at else None,
        "kind": rung.kind,
        "document": rung.document,
        "mode": rung.mode,
        "to": [_addressee_json(a) for a in rung.to],
        "copy": [_addressee_json(a) for a in rung.copied],
        "fires": rung.fires,
        "why_not": rung.why_not,
    }


def _addressee_json(addressee: Addressee) -> dict[str, Any]:
    return {"role": addressee.role, "name": addressee.label, "people": list(addressee.people)}


def shipped_calendar(policy: Policy) -> WorkCalendar:
    """The statutory calendar that comes with the program, for work without a database."""
    rows = [row for year in setup.SEEDED_YEARS for row in setup._year(year)]
    published = frozenset(setup.SEEDED_YEARS)
    return build_calendar(
        policy,
        holidays={row["day"]: row["name"] for row in rows if row["kind"] == "holiday"},
        workdays={row["day"]: row["name"] for row in rows if row["kind"] == "workday"},
        provisional_years=frozenset(range(1990, 2150)) - published,
    )


def simulate(
    policy: Policy,
    calendar: WorkCalendar,
    directory: Directory | None,
    *,
    category: str,
    dispatched: datetime,
    urgent: bool | None = None,
    days: int | None = None,
    due: datetime | None = None,
) -> Simulation:
    """The deadline of a task of `category` dispatched at an aware moment, and its ladder.

    `days` replaces the number of the category's limit, `due` sets a fixed date. Raises `Malformed`
    for an unknown category and for a limit that needs a date.
    """
    rules = policy.categories.get(category) or _by_code(policy, category)
    name = next(k for k, v in policy.categories.items() if v is rules)
    limit_class = "fixed" if due is not None and "fixed" in policy.limits else rules.limit
    if limit_class not in policy.limits:
        raise Malformed(
            Reason(
                "limit_unknown",
                _("Unknown limit class {name}.").format(name=limit_class),
                "limit",
                _("Use one of: {names}.").format(names=", ".join(policy.limits)),
            )
        )
    if days is not None and days < 1:
        raise Malformed(
            Reason(
                "days_malformed",
                _("The number of days must lie between 1 and 1000."),
                "days",
                _("Correct the number."),
            )
        )
    deadline = deadlines.compute(
        policy.limits[limit_class],
        limit_class,
        dispatched,
        calendar,
        policy,
        cause="dispatch",
        n=days,
        fixed=due,
    )
    receipt = deadlines.side_limit(dispatched, policy.ack.limit_wd, calendar, policy)
    hurried = rules.urgent if urgent is None else urgent
    return Simulation(
        name,
        hurried,
        limit_class,
        dispatched.astimezone(calendar.tz),
        min(receipt, _local(deadline, calendar).due_at or receipt),
        _local(deadline, calendar),
        _rungs(policy, calendar, directory, rules.lead, deadline, hurried),
    )


def _by_code(policy: Policy, text: str) -> Any:
    """A category by its code, which is easier to type than its name."""
    for rules in policy.categories.values():
        if rules.code == text:
            return rules
    raise Malformed(
        Reason(
            "category_unknown",
            _("Unknown category {name}.").format(name=text),
            "category",
            _("Use one of: {names}.").format(names="、".join(policy.categories)),
        )
    )


def _local(deadline: Deadline, calendar: WorkCalendar) -> Deadline:
    due = deadline.due_at.astimezone(calendar.tz) if deadline.due_at else None
    return Deadline(deadline.start_at, due, deadline.provisional, deadline.derivation)


def _rungs(
    policy: Policy,
    calendar: WorkCalendar,
    directory: Directory | None,
    lead: str,
    deadline: Deadline,
    urgent: bool,
) -> tuple[RungAhead, ...]:
    if deadline.due_at is None:
        return ()
    task = _task(deadline, urgent, directory, lead)
    firing = {moment.key: moment.at for moment in ladder.ladder(task, policy, calendar)}
    found = [_rung(rung, policy, calendar, directory, task, firing) for rung in policy.ladder]
    return tuple(sorted(found, key=lambda r: (r.at or deadline.due_at, r.level)))


def _task(
    deadline: Deadline, urgent: bool, directory: Directory | None, lead: str
) -> SimpleNamespace:
    """A task as the ladder looks at it: just dispatched, nothing counted yet."""
    unit = directory.find_unit(lead) if directory and lead != BOARD else None
    return SimpleNamespace(
        id=0,
        due_at=deadline.due_at,
        deadline_since=deadline.start_at,
        urgent=urgent,
        climbed="",
        red_count=0,
        yellow_count=0,
        lead_unit_id=unit.id if unit else None,
        responsible_person_id=None,
        responsible_leader_id=None,
    )


def _rung(
    rung: Rung,
    policy: Policy,
    calendar: WorkCalendar,
    directory: Directory | None,
    task: SimpleNamespace,
    firing: dict[str, datetime],
) -> RungAhead:
    at = ladder.rung_moment(rung, task.due_at, task.urgent, policy, calendar)
    higher = [
        r.key
        for r in policy.ladder
        if firing.get(r.key) == at and r is not rung and r.level > rung.level
    ]
    why = ""
    if rung.key not in firing:
        why = _("its moment has passed at the dispatch")
    elif higher:
        why = _("superseded by {rung} at the same moment").format(rung=higher[0])
    return RungAhead(
        rung.key,
        rung.level,
        ladder.offset_for(rung, task.urgent, policy),
        at,
        rung.kind,
        kind_name(rung.kind),
        rung.mode,
        _addressees(rung.to, directory, task),
        _addressees(rung.copied, directory, task),
        not why,
        why,
    )


def _addressees(
    names: tuple[str, ...], directory: Directory | None, task: SimpleNamespace
) -> tuple[Addressee, ...]:
    return tuple(
        Addressee(name, word("addressee", name), _people(name, directory, task)) for name in names
    )


def _people(name: str, directory: Directory | None, task: SimpleNamespace) -> tuple[str, ...]:
    """Names of the people behind an addressee, where the people are known already."""
    if directory is None or name in ("all_units", "co_units"):
        return ()
    work: Any = SimpleNamespace(
        ctx=SimpleNamespace(directory=directory), awaited_co_units=list, tellings=None
    )
    unit = task if task.lead_unit_id is not None else None
    return tuple(person.name for person in addressees(work, (name,), unit))  # type: ignore[arg-type]
