"""A database with the cast in it, the portal over it, and one case for each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.db import Database
from tests.acceptance.matrix_cases import (
    STAGES,
    Zone,
    action_of,
    addresses,
    body_of,
    moment_of,
    values_of,
)
from tests.acceptance.matrix_cast import Member, cast
from tests.acceptance.matrix_client import Answer, Client
from tests.acceptance.matrix_rules import Facts, facts_of
from tests.forms import read_forms
from tests.portal import Portal, opened
from tests.world import Case
from web.actions.evidence import ATTACH
from workflow.accounts.secret import csrf_token

PDF = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NEVER_SEEN = "0"
"""A version that no record has: who may do it is told of a conflict, and nothing changes."""


@dataclass(slots=True)
class Theatre:
    """The portal, its people, and the programs they use."""

    world: Zone
    portal: Portal
    client: Client
    members: list[Member]

    def case(self, tag: str) -> Played:
        """A fresh case in a state in which the rule is possible."""
        self.portal.at(moment_of(tag))
        case = STAGES[tag](self.world)
        form, endpoint = addresses(self.world, tag, case)
        facts = facts_of(self.world, case.issue)
        return Played(self, tag, case, form, endpoint, values_of(self.world, tag), facts)


@dataclass(slots=True)
class Played:
    """A rule on a case."""

    theatre: Theatre
    tag: str
    case: Case
    form: str
    endpoint: str
    values: dict[str, Any]
    facts: Facts

    def version(self) -> str:
        """The present version of the record that the rule is about."""
        world, subject = self.theatre.world, action_of(self.tag).subject
        row = world.issue(self.case.issue) if subject == "issue" else world.task(self.case.task)
        return str(row.version)

    def open(self, member: Member) -> Answer:
        """The form."""
        return self.theatre.client.get(self.form, member.secret)

    def send(self, member: Member, version: str, shown: Answer | None = None) -> Answer:
        """The form with what is typed into it, and with the defaults of the form if it is shown."""
        forms = read_forms(shown.text) if shown is not None else []
        defaults = next((f.values for f in forms if "version" in f.names), {})
        sent = {**defaults, **self.values, "version": version}
        return self.theatre.client.form(self.form, member.secret, sent)

    def call(self, member: Member, version: str) -> Answer:
        """The endpoint of the API."""
        match = {"if-match": f'"{version}"'}
        if action_of(self.tag) is ATTACH:
            kind = {"content-type": "multipart/form-data; boundary=xx", "x-csrf": csrf(member)}
            file = multipart({"kind": "photo"}, ("file", "现场.pdf", PDF))
            return self.theatre.client.ask("POST", self.endpoint, member.secret, file, kind | match)
        body = body_of(self.tag, self.values)
        return self.theatre.client.json(self.endpoint, member.secret, body, **match)


def csrf(member: Member) -> str:
    """The token of a member's forms."""
    return csrf_token(member.secret)


def multipart(fields: Mapping[str, str], file: tuple[str, str, str]) -> bytes:
    """A body of multipart/form-data with the boundary `xx`."""
    head = 'Content-Disposition: form-data; name="'
    parts = [f'--xx\r\n{head}{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    name, filename, content = file
    parts.append(f'--xx\r\n{head}{name}"; filename="{filename}"\r\n\r\n{content}\r\n')
    return ("".join(parts) + "--xx--\r\n").encode()


@contextmanager
def staged(url: str, folder: Path, found: Callable[[Database], Any]) -> Iterator[Theatre]:
    """The portal over a database; `found` founds the zone in it, or says what is there."""
    db = Database(url)
    founded = found(db)
    world = Zone(db, dict(founded.units), dict(founded.people))
    try:
        with opened(world, folder) as portal:
            client = Client(portal.app)
            try:
                yield Theatre(world, portal, client, cast(world))
            finally:
                client.close()
    finally:
        db.close()
