"""承诺指标: promised at the signing, changed only with a reason, checked at the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from config.i18n import gettext as _
from config.inspections import OPERATORS, rules
from models import tables
from models.db import Session
from models.directory import PersonInfo
from projects.access import OFFICE, find_project, refuse_merged, refuse_stale, require
from projects.evaluations.found import find_commitment
from projects.evaluations.judging import NOT_MET
from projects.evaluations.numbers import number, plain
from projects.history import changes, note
from workflow.commands.base import clean
from workflow.commands.discovery import Report, report
from workflow.errors import GuardFailed, IllegalTransition, Malformed, Reason

_C = tables.commitment
SOURCE = "commitment"


@dataclass(frozen=True, slots=True)
class Pledge:
    """What is filled in. `indicator` is a code of the rules; empty for another figure, which
    `name` and `unit` then tell. `value` is typed, and exact."""

    op: str
    value: str
    indicator: str = ""
    name: str = ""
    unit: str = ""
    by_on: date | None = None
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act leaves behind."""

    id: int
    version: int
    issue: str = ""


def attach(s: Session, *, actor: PersonInfo, project: int, form: Pledge, now: datetime) -> Done:
    """Attach a commitment of an agreement to a project. For the office."""
    require(actor, OFFICE)
    refuse_merged(find_project(s, actor, project, lock=True))
    values = _values(form) | {
        "project_id": project, "attached_at": now, "attached_by_id": actor.id,
    }  # fmt: skip
    made = int(s.execute(insert(_C).values(**values).returning(_C.c.id)).scalar_one())
    note(s, f"commitment:{made}", "commitment.attached", values, actor, now)
    return Done(made, 1)


def change(
    s: Session, *, actor: PersonInfo, commitment: int, form: Pledge, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Change what was promised; the old promise and the reason stay in the history."""
    row = _open(s, actor, commitment, expected_version)
    reason = clean("reason", reason, most=500, needed=True)
    values = _values(form)
    data = {"reason": reason, "changed": changes(row, values)}
    if not data["changed"]:
        text = _("Nothing was changed.")
        raise Malformed(Reason("unchanged", text, "value", _("Change something, or leave it.")))
    return _write(s, actor, row, "commitment.changed", data, now, **values)


def withdraw(
    s: Session, *, actor: PersonInfo, commitment: int, reason: str, now: datetime,
    expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Strike out a commitment that no longer binds; it stays to be seen, with its reason."""
    row = _open(s, actor, commitment, expected_version)
    reason = clean("reason", reason, most=500, needed=True)
    return _write(s, actor, row, "commitment.withdrawn", {"reason": reason}, now, active=False)


def _open(s: Session, actor: PersonInfo, commitment: int, expected_version: int | None) -> Any:
    row = find_commitment(s, actor, commitment, lock=True)
    require(actor, OFFICE)
    refuse_stale(row, expected_version)
    if not row.active or row.result:
        text = _("The commitment was checked or withdrawn already.")
        raise IllegalTransition(Reason("commitment_settled", text, "commitment"))
    return row


def raise_issue(
    s: Session, *, actor: PersonInfo, commitment: int, category: str, now: datetime,
    title: str = "", expected_version: int | None = None,
) -> Done:  # fmt: skip
    """Make an issue of a commitment that is not met, once; without a title it names the figure."""
    row = find_commitment(s, actor, commitment, lock=True)
    require(actor, OFFICE)
    refuse_stale(row, expected_version)
    if row.result != NOT_MET or row.issue_id is not None:
        text = _("Only an unmet commitment becomes an issue, and once.")
        raise GuardFailed(Reason("commitment_not_unmet", text, "commitment"))
    made = report(s, actor=actor, form=_report(row, title, category), now=now)
    issue = tables.issue.c
    key = s.execute(select(issue.id).where(issue.number == made.issue_number)).scalar_one()
    data = {"issue": made.issue_number}
    done = _write(s, actor, row, "commitment.raised", data, now, issue_id=key)
    return Done(done.id, done.version, made.issue_number)


def _report(row: Any, title: str, category: str) -> Report:
    said = f"{row.name}{row.op}{plain(row.value)}{row.unit}"
    reached = f"{plain(row.figure)}{row.unit}"
    return Report(
        title=title.strip() or f"承诺指标未兑现：{row.name}",
        description=f"协议承诺{said}（{row.agreement or '未注明协议'}），评估实际为{reached}。",
        category=category, project=row.project, source_system=SOURCE,
        source_id=f"commitment:{row.id}",
    )  # fmt: skip


def _values(form: Pledge) -> dict[str, Any]:
    """Checked columns. Raises `Malformed` with every fault."""
    indicator = rules().evaluation.indicator(form.indicator) if form.indicator else None
    if form.indicator and indicator is None:
        text = _("Unknown indicator {name}.").format(name=form.indicator[:40])
        raise Malformed(
            Reason("indicator_unknown", text, "indicator", _("Choose one of the list."))
        )
    if form.op not in OPERATORS:
        text = _("Unknown comparison {name}.").format(name=form.op[:10])
        remedy = _("Use one of: {names}.").format(names="  ".join(OPERATORS))
        raise Malformed(Reason("op_unknown", text, "op", remedy))
    return {
        "indicator": form.indicator, "op": form.op, "value": _needed(form.value),
        "name": indicator.zh if indicator else clean("name", form.name, most=100, needed=True),
        "unit": indicator.unit if indicator else clean("unit", form.unit, most=30, needed=True),
        "by_on": form.by_on, "agreement": clean("agreement", form.agreement, most=200),
    }  # fmt: skip


def _needed(text: str) -> Decimal:
    value = number("value", text)
    if value is None:
        message = _("The figure is missing.")
        raise Malformed(Reason("value_missing", message, "value", _("Write what was promised.")))
    return value


def _write(
    s: Session, actor: PersonInfo, row: Any, tag: str, data: dict[str, Any], now: datetime,
    **values: Any,
) -> Done:  # fmt: skip
    values["version"] = row.version + 1
    s.execute(update(_C).where(_C.c.id == row.id).values(**values))
    note(s, f"commitment:{row.id}", tag, data, actor, now)
    return Done(row.id, row.version + 1)
