"""What the tests of accounts share: people with accounts, one way to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models import tables
from models.directory import PersonInfo
from tests.world import Moment, World, at, moment
from workflow.accounts import admin, change, sessions, signin
from workflow.accounts.signin import Refused, SignedIn
from workflow.context import find_actor

PASSWORD, OTHER = "Correct-horse-7", "Battery-staple-8"
EARLIER = at("2026-03-01 09:00")
MONDAY = "2026-03-02 09:00"
ACCOUNTS = ("zjj_head", "zjj_liaison", "chief", "secadmin", "sysadmin", "auditor")


@dataclass(slots=True)
class Office:
    """A world whose people have accounts."""

    world: World

    def person(self, username: str) -> PersonInfo:
        """An active person."""
        with self.world.db.read() as s:
            return find_actor(s, username)

    def enter(
        self,
        username: str,
        password: str = PASSWORD,
        when: Moment = MONDAY,
        address: str = "10.0.0.7",
    ) -> SignedIn | Refused:
        """One try at the door."""
        return signin.sign_in(
            self.world.db, username=username, password=password, address=address,
            agent="Firefox", now=moment(when),
        )  # fmt: skip

    def signed_in(self, username: str, when: Moment = MONDAY, **more: Any) -> SignedIn:
        """One try that must succeed."""
        found = self.enter(username, when=when, **more)
        assert isinstance(found, SignedIn), found
        return found

    def session(self, secret: str, when: Moment) -> sessions.SessionInfo | None:
        """The session of a cookie."""
        with self.world.db.read() as s:
            return sessions.find(s, secret, moment(when))

    def change(
        self, username: str, old: str, new: str, when: Moment, keep: int | None = None
    ) -> None:
        """Change a password as its owner."""
        change.change_password(
            self.world.db, person=self.person(username), old=old, new=new, now=moment(when),
            keep_session=keep,
        )  # fmt: skip

    def reset(self, username: str, password: str, by: str, when: Moment) -> None:
        """Set a password anew as an administrator."""
        admin.reset(
            self.world.db, username=username, password=password, actor=self.person(by),
            now=moment(when),
        )  # fmt: skip

    def account(self, username: str) -> Any:
        """The row of somebody's account."""
        return self.world.row(tables.account, person_id=self.world.people[username])

    def tags(self) -> list[str]:
        """Tags of the system's history, in order."""
        rows = self.world.rows(tables.event, stream="system")
        return [row.tag for row in sorted(rows, key=lambda row: row.seq)]


def open_office(world: World) -> Office:
    """Accounts for some, with a password that need not be changed."""
    office = Office(world)
    for username in ACCOUNTS:
        watching = username in ("secadmin", "auditor")
        admin.create(
            world.db, username=username, password=PASSWORD, must_change=False, now=EARLIER,
            actor=office.person("secadmin" if watching else "sysadmin"),
        )  # fmt: skip
    return office
