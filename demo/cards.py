"""Who may sign in to the demonstration: everybody, and one card a role for whoever tries it.

The cards are chosen so that a newcomer carries an issue of the category 杆线迁移 from report to
closure: the construction bureau (建设局) leads, the economic bureau (经济发展局) verifies.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from config import clock
from config.roles import Role
from demo.people import Account
from models.db import Database
from workflow.accounts import admin, passwords
from workflow.accounts.admin import WATCHING
from workflow.context import context, find_actor

FILE = "accounts.json"
PASSWORD = "Xiaohao-2026"
"""Everybody's, and public: the demonstration holds nothing but invented issues."""
SHOWN: dict[Role, str] = {
    Role.REPORTER: "lucheng_handler",
    Role.TRIAGE_OFFICER: "triage",
    Role.OFFICE_CHIEF: "chief",
    Role.UNIT_LIAISON: "zjj_liaison",
    Role.UNIT_LEADER: "zjj_head",
    Role.VERIFIER: "jfj_verifier",
    Role.INSPECTOR: "inspector",
    Role.DEPUTY_DIRECTOR: "director",
    Role.PRINCIPAL: "principal",
    Role.COMMISSIONER: "commissioner",
    Role.AUDITOR: "auditor",
    Role.SYSADMIN: "sysadmin",
    Role.SECADMIN: "secadmin",
}
"""In the order in which an issue needs them."""


@dataclass(frozen=True, slots=True)
class Card:
    """One account as it is printed and written down."""

    role: str
    unit: str
    username: str
    password: str


def open_accounts(db: Database, people: list[Account], now: datetime) -> list[Card]:
    """Give everybody an account; returns the cards. The passwords need not be changed.

    They are as old as the demonstration, not as its story, or they would have expired already.
    """
    hashes = _hashes(people)
    with db.write() as s:
        for one, hashed in zip(people, hashes, strict=True):
            keeper = "secadmin" if WATCHING & set(one.roles) else "sysadmin"
            admin.create_hashed(
                s, username=one.username, password_hash=hashed, must_change=False, now=now,
                chosen_at=clock.now(), actor=find_actor(s, keeper),
            )  # fmt: skip
        directory = context(s).directory
        return [
            Card(
                role.value,
                directory.unit_name(directory.by_username[username].unit_id),
                username,
                PASSWORD,
            )
            for role, username in SHOWN.items()
        ]


def _hashes(people: list[Account]) -> list[str]:
    """A hash with a salt of its own for each, on every core (argon2 lets go of Python's lock)."""
    for one in people:
        passwords.require_good(PASSWORD, username=one.username, name=one.name, earlier=())
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda _one: passwords.hash_password(PASSWORD), people))


def write_cards(folder: Path, cards: list[Card]) -> Path:
    """Write `accounts.json` beside the database; returns its path."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(card) for card in cards], ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path
