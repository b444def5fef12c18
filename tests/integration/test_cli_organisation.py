"""Units and people on the command line."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from config.policy import POLICY_FILE
from config.workflow_definition import WORKFLOW_FILE
from models import tables
from tests.databases import sqlite_url
from tests.terminal import Terminal, fresh_settings
from tests.world import FOUNDED, World
from workflow import organisation, rights
from workflow.context import find_actor
from workflow.errors import GuardFailed, Malformed, NotAllowed, WorkflowError

pytestmark = pytest.mark.one_database


def test_rights_that_must_be_kept_apart_are_refused(terminal: Terminal) -> None:
    [reason] = terminal.refused(1, "person grant chief auditor", by="secadmin")
    assert reason["code"] == "roles_apart"
    terminal.ok("person revoke auditor auditor", by="secadmin")
    terminal.ok("person grant auditor inspector", by="secadmin")
    assert terminal.refused(1, "person grant auditor auditor", by="secadmin")


def test_administrators_do_only_what_is_theirs(terminal: Terminal) -> None:
    assert terminal.refused(3, "person grant triage inspector", by="sysadmin")
    assert terminal.refused(3, "unit add x 某局 --kind department", by="chief")
    terminal.ok("person grant triage inspector", by="secadmin")
    terminal.ok("person revoke triage inspector", by="secadmin")
    assert terminal.refused(1, "person revoke triage inspector", by="secadmin")
    terminal.ok("unit add x 某局 --kind department", by="sysadmin")
    assert terminal.refused(1, "unit add x 另一局 --kind department", by="sysadmin")
    assert terminal.refused(2, "person add y 某某 --unit nowhere", by="sysadmin")
    assert terminal.refused(4, "person grant nobody inspector", by="secadmin")
    [reason] = terminal.refused(3, "person add y 某某 --unit jfj --role reporter", by="sysadmin")
    assert "person grant" in reason["remedy"]


@pytest.mark.parametrize("name", ["a/b", "-", ".", "..", "#x", "%2f", "'x<b>'"])
def test_what_cannot_stand_in_an_address_names_neither_unit_nor_person(
    terminal: Terminal, name: str
) -> None:
    (unit,) = terminal.refused(2, f"unit add {name} 某局 --kind department", by="sysadmin")
    (person,) = terminal.refused(2, f"person add {name} 某某 --unit jfj", by="sysadmin")
    assert (unit["code"], person["code"]) == ("code_malformed", "username_malformed")
    assert unit["remedy"] and person["remedy"]


@pytest.mark.parametrize(("field", "most"), [("email", 200), ("phone", 40)])
def test_the_ways_to_a_new_person_are_as_long_as_they_can_be_kept(
    terminal: Terminal, field: str, most: int
) -> None:
    words = f"person add long 某某 --unit jfj --{field}"
    (reason,) = terminal.refused(2, words, "1" * (most + 1), by="sysadmin")
    assert (reason["code"], reason["field"]) == (f"{field}_malformed", field)
    terminal.ok(words, "1" * most, by="sysadmin")


@pytest.mark.parametrize(
    "words",
    [
        "unit add x 某局 --kind department",
        "unit load",
        "person add x 某某 --unit jfj",
        "person add x 某某 --unit jfj --role secadmin",
        "person grant chief sysadmin",
        "person revoke secadmin secadmin",
        "person away chief --since 2026-03-02",
        "policy activate {policy}",
        "workflow activate {workflow}",
    ],
)
def test_nobody_administers_once_there_are_administrators(terminal: Terminal, words: str) -> None:
    files = {"policy": POLICY_FILE, "workflow": WORKFLOW_FILE}
    [reason] = terminal.refused(2, words.format(**files))
    assert reason["code"] == "actor_missing"
    assert "--as" in reason["remedy"]


def test_the_first_administrators_are_made_by_nobody_and_by_each_other(empty_db_url: str) -> None:
    terminal = Terminal(empty_db_url)
    terminal.ok("db upgrade")
    terminal.ok("unit add jfj 经济发展局 --kind bureau")
    terminal.ok("person add root 曹工 --unit jfj --role sysadmin")
    assert terminal.refused(2, "person add sec 严守 --unit jfj --role secadmin")
    assert terminal.refused(3, "person add x 某某 --unit jfj --role inspector", by="root")
    terminal.ok("person add sec 严守 --unit jfj --role secadmin", by="root")
    assert terminal.refused(3, "person add two 某某 --unit jfj --role secadmin", by="root")
    terminal.ok("person add chief 钱永年 --unit jfj --post head", by="root")
    assert terminal.refused(3, "person grant chief office_chief", by="root")
    terminal.ok("person grant chief office_chief", by="sec")


@pytest.mark.parametrize("role", ["inspector", "no_such_role"])
def test_an_outsider_does_not_learn_from_a_grant_which_roles_there_are(
    world: World, role: str
) -> None:
    known: dict[str, type[WorkflowError]] = {"zjj_head": NotAllowed, "sysadmin": NotAllowed}
    if role == "no_such_role":
        known["secadmin"] = Malformed
    for username, refusal in known.items():
        with world.db.write() as s, pytest.raises(refusal):
            actor = find_actor(s, username)
            rights.grant(s, username="lucheng_reporter", role=role, actor=actor, now=FOUNDED)


def test_two_grants_at_once_do_not_mix_what_is_kept_apart(world: World) -> None:
    refused: list[str] = []

    def grant(role: str) -> None:
        try:
            with world.db.write() as s:
                actor = find_actor(s, "secadmin")
                together.wait(timeout=30) if s.dialect == "postgresql" else None
                rights.grant(s, username="newcomer", role=role, actor=actor, now=FOUNDED)
        except GuardFailed as refusal:
            refused.extend(reason.code for reason in refusal.reasons)

    together = threading.Barrier(2)
    with world.db.write() as s:
        sysadmin = find_actor(s, "sysadmin")
        organisation.add_person(
            s, username="newcomer", name="新人", unit="jfj", actor=sysadmin, now=FOUNDED
        )
    both = [threading.Thread(target=grant, args=(role,)) for role in ("auditor", "inspector")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)
    assert refused == ["roles_apart"]
    assert len(world.rows(tables.role_grant, person_id=_id_of(world, "newcomer"))) == 1


def _id_of(world: World, username: str) -> int:
    [row] = world.rows(tables.person, username=username)
    return int(row.id)


def test_changes_of_people_are_in_the_systems_history(terminal: Terminal, world: World) -> None:
    terminal.ok("person add new 新人 --unit jfj", by="sysadmin")
    terminal.ok("person grant new reporter", by="secadmin")
    events = world.rows(tables.event, stream="system")
    assert [e.tag for e in events] == ["person.added", "person.granted"]
    assert [e.actor_id for e in events] == [world.people["sysadmin"], world.people["secadmin"]]
    assert terminal.data("audit verify")["ok"]


def test_people_record_their_own_absence(terminal: Terminal) -> None:
    terminal.ok(
        "person away chief --since 2026-03-02 --until 2026-03-09 --deputy director",
        by="chief",
        at="2026-03-01T09:00",
    )
    people = {p["username"]: p for p in terminal.data("person list", at="2026-03-04T09:00")}
    assert people["chief"]["away"]
    assert people["chief"]["deputy"] == "蒋明远"
    assert terminal.refused(3, "person away chief --since 2026-03-02", by="triage")
    assert terminal.refused(
        2, "person away chief --since 2026-03-09 --until 2026-03-02", by="chief"
    )
    assert terminal.refused(2, "person away chief --since 2026-03-02 --deputy chief", by="chief")


def test_settings_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url(tmp_path / "mine.db"))
    with fresh_settings():
        assert CliRunner().invoke(cli, ["db", "upgrade"]).exit_code == 0
        assert CliRunner().invoke(cli, ["unit", "list", "--json"]).exit_code == 0
    assert (tmp_path / "mine.db").exists()
