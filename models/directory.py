"""People and units held in memory, so that a command does not ask the database who is who."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from config.roles import BUREAU_WIDE, Post


@dataclass(frozen=True, slots=True)
class PersonInfo:
    """A person as the engine sees one. `roles` are the only source of rights."""

    id: int
    username: str
    name: str
    unit_id: int
    post: str
    email: str | None
    phone: str | None
    language: str
    active: bool
    deputy_id: int | None
    away_from: datetime | None
    away_until: datetime | None
    roles: frozenset[str] = frozenset()
    wecom_userid: str | None = None
    wanted: frozenset[str] = frozenset()
    """Channels that the person switched on, and `unwanted`: off."""
    unwanted: frozenset[str] = frozenset()
    bounced: frozenset[tuple[str, str]] = frozenset()
    """Channels with addresses that bounced there and are not used until cleared."""

    def away(self, at: datetime) -> bool:
        """Whether the person is recorded as absent at that moment."""
        if self.away_from is None or at < self.away_from:
            return False
        return self.away_until is None or at < self.away_until

    @property
    def sees_all(self) -> bool:
        """Whether the widest view applies (it grants no action)."""
        return bool(self.roles & BUREAU_WIDE)


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """A unit as the engine sees one."""

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    parent_id: int | None
    is_board: bool
    active: bool


@dataclass(slots=True)
class Directory:
    """Everybody by id, by username, by unit and post, and by role. Built once per edition."""

    units: dict[int, UnitInfo] = field(default_factory=dict)
    people: dict[int, PersonInfo] = field(default_factory=dict)
    by_username: dict[str, PersonInfo] = field(default_factory=dict)
    by_code: dict[str, UnitInfo] = field(default_factory=dict)
    by_post: dict[tuple[int, str], list[PersonInfo]] = field(default_factory=dict)
    by_role: dict[str, list[PersonInfo]] = field(default_factory=dict)
    duty: dict[int, int] = field(default_factory=dict)
    """By unit: the person named as its duty contact (值班联系人)."""

    def unit_name(self, unit_id: int | None) -> str:
        """The unit's name, or an empty text."""
        return self.units[unit_id].name if unit_id in self.units else ""

    def person_name(self, person_id: int | None) -> str:
        """The person's name, or an empty text."""
        return self.people[person_id].name if person_id in self.people else ""

    def find_unit(self, text: str) -> UnitInfo | None:
        """The unit with that code or full name, Chinese or English."""
        if text in self.by_code:
            return self.by_code[text]
        named = (u for u in self.units.values() if text and text in (u.name, u.name_en))
        return next(named, None)

    def posts(self, unit_id: int, *posts: Post) -> list[PersonInfo]:
        """Active holders of these posts in a unit, in the order of the posts."""
        return [p for post in posts for p in self.by_post.get((unit_id, post), [])]

    def with_role(self, role: str, unit_id: int | None = None) -> list[PersonInfo]:
        """Active people with a role, in one unit or anywhere."""
        found = self.by_role.get(role, [])
        return found if unit_id is None else [p for p in found if p.unit_id == unit_id]

    def duty_contact(self, unit_id: int) -> PersonInfo | None:
        """The unit's duty contact, if one is named who is still there."""
        person = self.people.get(self.duty.get(unit_id, 0))
        held = person is not None and person.active and person.unit_id == unit_id
        return person if held else None

    def standing_in(self, person: PersonInfo, at: datetime) -> PersonInfo:
        """The person, or the deputy named for the absence (followed at most three times).

        A deputy who has left stands in for nobody.
        """
        for _ in range(3):
            deputy = self.people.get(person.deputy_id or 0) if person.away(at) else None
            if deputy is None or not deputy.active:
                return person
            person = deputy
        return person
