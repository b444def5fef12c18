"""Putting a policy or a workflow definition in force, and the versions there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from config.faults import ConfigurationError, Fault
from models import tables
from models.db import Session
from models.directory import PersonInfo
from workflow import setup, system_events
from workflow.administrators import require
from workflow.calendar_store import KEEPERS
from workflow.checks import check_policy, check_workflow
from workflow.context import context

What = Literal["policy", "workflow"]
_TABLES = {"policy": tables.policy_version, "workflow": tables.workflow_version}


@dataclass(frozen=True, slots=True)
class Version:
    """A stored definition."""

    id: int
    digest: str
    created_at: datetime
    in_force: bool


def activate(
    s: Session, what: What, source: str, *, file: str, actor: PersonInfo | None, now: datetime
) -> Version:
    """Store a definition and put it in force for what is dispatched from now on.

    Running tasks keep theirs. For the system administrator and the office chief; without an actor
    only in the first set-up. Raises `ConfigurationError` with every fault of the text. A text
    that is in force already is left alone, without a new entry in the history.
    """
    require(s, actor, *KEEPERS)
    faults = faults_of(s, what, source, file)
    if faults:
        raise ConfigurationError(faults)
    old = _in_force(s, what)
    version = setup.store(s, _TABLES[what], source, now)
    if version != old:
        if what == "policy":
            setup.activate(s, policy_id=version)
        else:
            setup.activate(s, workflow_id=version)
        system_events.append(
            s, f"{what}.activated", {"version": version, "before": old}, actor, now
        )
    return next(v for v in versions(s, what) if v.id == version)


def faults_of(s: Session, what: What, source: str, file: str) -> list[Fault]:
    """Faults of a text, units looked up in this database."""
    if what == "policy":
        return check_policy(source, file, context(s).directory)
    return check_workflow(source, file)


def versions(s: Session, what: What) -> list[Version]:
    """Every stored version, newest first."""
    table, current = _TABLES[what], _in_force(s, what)
    rows = s.execute(
        select(table.c.id, table.c.digest, table.c.created_at).order_by(table.c.id.desc())
    )
    return [Version(r.id, r.digest, r.created_at, r.id == current) for r in rows]


def source_of(s: Session, what: What, version: int | None = None) -> str | None:
    """A stored text, by default the one in force; None when there is no such version."""
    table = _TABLES[what]
    wanted = version or _in_force(s, what)
    row = s.execute(select(table.c.source).where(table.c.id == wanted)).one_or_none()
    return str(row.source) if row is not None else None


def _in_force(s: Session, what: What) -> int:
    ctx = context(s)
    return ctx.policy_version_id if what == "policy" else ctx.workflow_version_id
