"""People for the permission matrix: for every role somebody in each kind of unit around a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from config.roles import Post, Role, UnitKind
from models import tables
from models.db import Database
from models.queries.people import bump_organisation
from tests.world import World, at, found_zone
from workflow.accounts.secret import digest

PLACES = {
    "lead": "zjj",
    "parent": "above",
    "verifier": "jfj",
    "reporter": "lucheng",
    "board": "henglin",
    "supporting": "gdgs",
    "unrelated": "sthj",
}
"""Kinds of unit around a case of the usual category, and the unit that is one."""

EVERYWHERE = ("lead", "parent", "unrelated")
"""Where there is somebody of every role: the own unit, the one above it, and another one."""
OF_UNITS = (Role.REPORTER, Role.COMMISSIONER, Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.VERIFIER)
"""Roles whose rights hang on the unit: somebody holds them in every place."""

PROJECT = "矩阵测试项目"
FOREVER = at("2099-01-01 00:00")


@dataclass(frozen=True, slots=True)
class Member:
    """A person with one role, in one of the places. `secret` is a session's cookie."""

    username: str
    role: str
    place: str
    unit_id: int
    commissioned: bool = False

    @property
    def secret(self) -> str:
        """Known beforehand, so that nobody needs to sign in."""
        return f"secret-of-{self.username}"

    def __str__(self) -> str:
        return self.username


def cast(world: World) -> list[Member]:
    """Everybody of the matrix, as `founded` has put them into the database."""
    found = [
        Member(f"{place}-{role}", role, place, world.units[code])
        for place, code in PLACES.items()
        for role in Role
        if place in EVERYWHERE or role in OF_UNITS
    ]
    unit = world.units[PLACES["unrelated"]]
    return [*found, Member("appointed", Role.COMMISSIONER, "unrelated", unit, commissioned=True)]


def founded(db: Database) -> World:
    """The zone with the cast, a unit above the lead unit, and a project with a commissioner."""
    with db.write() as s:
        world = found_zone(s)
        made = {"code": "above", "name": "建设系统党委", "kind": UnitKind.LEADERSHIP.value}
        s.execute(insert(tables.unit).values(**made, is_board=False))
        unit = tables.unit.c
        above = s.execute(select(unit.id).where(unit.code == "above")).scalar_one()
        s.execute(update(tables.unit).where(unit.code == "zjj").values(parent_id=above))
        world.units["above"] = above
        for member in cast(world):
            world.people[member.username] = _enter(s, member)
        commissioner = world.people["appointed"]
        s.execute(insert(tables.project).values(name=PROJECT, commissioner_id=commissioner))
        bump_organisation(s)
    world.db = db
    return world


def _enter(s: Any, member: Member) -> int:
    """A person with the role, an account that nobody signs in with, and a living session."""
    person = tables.person.c
    given = {"username": member.username, "name": member.username, "unit_id": member.unit_id}
    s.execute(insert(tables.person).values(**given, post=Post.STAFF.value))
    key: int = s.execute(select(person.id).where(person.username == member.username)).scalar_one()
    s.execute(insert(tables.role_grant).values(person_id=key, role=str(member.role)))
    early = at("2026-01-04 09:00")
    s.execute(
        insert(tables.account).values(
            person_id=key, password_hash="-", must_change=False, changed_at=early, failed_count=0
        )
    )
    s.execute(
        insert(tables.login_session).values(
            token_hash=digest(member.secret), person_id=key, created_at=early,
            # seen later than any clock of the tests: no request has to note that it is in use
            seen_at=FOREVER, expires_at=FOREVER, end_reason="", address="", agent="",
        )
    )  # fmt: skip
    return key
