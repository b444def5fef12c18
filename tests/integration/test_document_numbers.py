"""Numbers of documents have no gap and no repeat, whoever signs at once and whoever is killed."""

from __future__ import annotations

import io
import multiprocessing
import os
import random
import signal
import zipfile
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.db import Database
from models.queries.people import bump_organisation
from tests import papers
from tests.world import World, at
from workflow import audit
from workflow.commands.breakdown import Plan
from workflow.context import find_actor
from workflow.documents import commands, numbers, packs
from workflow.documents.commands import Draft
from workflow.errors import GuardFailed, IllegalTransition

NOW = at("2026-09-28 10:00")
PROCESSES, EACH = 4, 12


def sign_many(url: str, documents: list[int], dies_at: int | None) -> None:
    """What a process of its own does: sign one after another; be killed in the middle of one."""
    db = Database(url)
    for n, document in enumerate(documents):
        try:
            with db.write() as s:
                commands.sign(s, actor=find_actor(s, "chief"), document=document, now=NOW)
                if n == dies_at:  # the number is taken, nothing is committed
                    os.kill(os.getpid(), signal.SIGKILL)
        except IllegalTransition:  # somebody else was first
            continue
    db.close()


def prepared(world: World, count: int) -> list[int]:
    """Documents about an issue each and about none, prepared in few transactions."""
    found = []
    tasks = [world.acknowledged("2026-09-01 10:00").task for _ in range(4)]
    given = papers.typed("supervision_order")
    with world.db.write() as s:
        s.memo["channels"] = ("inapp",)
        for n in range(count):
            draft = Draft("supervision_order", tasks=[tasks[n % 4]], given=given)
            made = commands.prepare(s, actor=find_actor(s, "triage"), draft=draft, now=NOW)
            found.append(made.id)
    return found


def run(url: str, shares: list[list[int]], deaths: list[int | None]) -> list[int | None]:
    """Start all, wait for all; their exit codes."""
    context = multiprocessing.get_context("spawn")
    started = [
        context.Process(target=sign_many, args=(url, share, death))
        for share, death in zip(shares, deaths, strict=True)
    ]
    for one in started:
        one.start()
    for one in started:
        one.join(120)
    return [one.exitcode for one in started]


def signed_numbers(world: World) -> list[int]:
    return sorted(row.n for row in world.rows(tables.document) if row.n is not None)


@pytest.mark.slow
def test_processes_that_sign_at_once_and_are_killed_leave_no_gap_and_no_repeat(
    world: World, db_url: str
) -> None:
    documents = prepared(world, PROCESSES * EACH)
    chance = random.Random(7)
    shares = [documents[n::PROCESSES] for n in range(PROCESSES)]
    deaths: list[int | None] = [chance.randrange(2, EACH - 2) for _ in range(PROCESSES - 1)]
    codes = run(db_url, shares, [*deaths, None])
    assert codes == [-signal.SIGKILL] * (PROCESSES - 1) + [0]
    done = signed_numbers(world)
    assert len(done) == sum(d for d in deaths if d) + EACH  # what was being signed was not
    assert done == list(range(1, len(done) + 1))
    assert run(db_url, shares, [None] * PROCESSES) == [0] * PROCESSES
    assert signed_numbers(world) == list(range(1, len(documents) + 1))
    rows = world.rows(tables.document)
    assert {row.number for row in rows} == {
        f"常经开经督〔2026〕{n}号" for n in range(1, len(documents) + 1)
    }
    with world.db.read() as s:
        assert audit.verify(s).ok


def test_several_who_sign_the_same_document_give_it_one_number(world: World, db_url: str) -> None:
    (document,) = prepared(world, 1)
    assert run(db_url, [[document]] * 3, [None] * 3) == [0, 0, 0]
    assert signed_numbers(world) == [1]
    (kept,) = world.rows(tables.number_series)
    assert kept.last == 1


def test_a_signing_that_fails_gives_its_number_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = prepared(world, 2)
    taken: list[Any] = []
    take = numbers.take

    def take_and_fail(*args: Any) -> Any:
        taken.append(take(*args))
        raise OSError("the machine lost its disk")

    monkeypatch.setattr(numbers, "take", take_and_fail)
    with pytest.raises(OSError, match="disk"):
        world.do(commands.sign, "chief", NOW, document=first)
    monkeypatch.setattr(numbers, "take", take)
    assert taken[0].n == 1
    assert world.do(commands.sign, "chief", NOW, document=second).number.endswith("〕1号")


LONG = "江苏常州经济开发区综合行政执法局规划建设大队"
"""More characters than two names of units need to be alike in."""


def applied(world: World, unit: str) -> str | None:
    """The number of an application for closure that the unit's head has signed."""
    plan = Plan("办理手续", lead=unit)
    task = world.acknowledged("2026-09-01 10:00", plans=[plan]).task
    by, signer = f"{unit}_liaison", f"{unit}_head"
    return papers.signed(
        world, "closure_application", NOW, by=by, signer=signer, tasks=[task]
    ).number


def renamed(world: World, code: str, name: str) -> None:
    with world.db.write() as s:
        s.execute(update(tables.unit).where(tables.unit.c.code == code).values(name=name))
        bump_organisation(s)


def test_units_whose_long_names_begin_alike_have_numbers_of_their_own(world: World) -> None:
    for code, end in (("zjj", "一中队"), ("zgj", "二中队")):
        renamed(world, code, LONG + end)
    assert [applied(world, code) for code in ("zjj", "zgj")] == [
        f"{LONG}{end}销申〔2026〕1号" for end in ("一中队", "二中队")
    ]


def test_the_name_of_a_file_leads_into_no_folder(world: World) -> None:
    renamed(world, "zjj", "建设局/住建局")
    assert applied(world, "zjj") == "建设局/住建局销申〔2026〕1号"
    (row,) = world.rows(tables.document)
    with world.db.read() as s:
        whole = packs.pack(s, find_actor(s, "chief"), [row.id], ["docx"], now=NOW)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as archive:
        assert archive.namelist() == ["01 销号申请表 建设局-住建局销申〔2026〕1号.docx"]


def test_a_number_that_another_unit_has_given_is_refused_with_a_reason(world: World) -> None:
    assert applied(world, "zjj") == "建设局销申〔2026〕1号"
    renamed(world, "zjj", "住建局")
    renamed(world, "zgj", "建设局")
    with pytest.raises(GuardFailed) as refusal:
        applied(world, "zgj")
    assert [reason.code for reason in refusal.value.reasons] == ["number_taken"]
    assert applied(world, "zjj") == "住建局销申〔2026〕2号"
