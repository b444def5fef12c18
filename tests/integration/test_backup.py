"""A backup is everything of one moment in one file, and comes back whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from models import migrate, tables
from models.db import Database
from storage import rows
from storage.backup import backup
from storage.restore import restore
from tests.world import World, at
from workflow import audit
from workflow.commands.proof import Proof, add_evidence
from workflow.context import context
from workflow.errors import GuardFailed, Malformed
from workflow.scheduler import deliver, worker_name
from workflow.sweep import tick

NOW = at("2026-09-28 10:00")
LATER = at("2026-10-20 10:00")
PASSPHRASE = "四月的雨 in the zone"


def quiet(_what: str, _done: int, _all: int) -> None:
    """Nobody watches the progress."""


def stored(folder: Path, content: bytes) -> str:
    """A file in the store, by its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / sha256[:2] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return sha256


@pytest.fixture
def office(world: World, tmp_path: Path) -> tuple[World, Path]:
    """Issues at several steps, overdue ones among them, and a stored file that evidence names."""
    folder = tmp_path / "evidence"
    world.closed(NOW)
    case = world.acknowledged(NOW)
    world.submitted(NOW)
    tick(world.db, LATER)
    sha256 = stored(folder, b"%PDF-1.7 acceptance record")
    proof = Proof("document", "验收单.pdf", sha256=sha256, size=26)
    world.do(add_evidence, "zjj_head", LATER, task=case.task, proof=proof)
    return world, folder


def contents(db: Database) -> dict[str, list[rows.Row]]:
    with db.read() as s:
        return {
            t.name: [row for page in rows.walk(s, t) for row in page] for t in rows.all_tables()
        }


def test_what_was_backed_up_comes_back_row_by_row_and_file_by_file(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b.xiaohao", LATER, quiet)
    assert (made.files, made.missing) == (1, [])
    home = tmp_path / "elsewhere"
    found = restore(made.path, empty_db_url, home, LATER, quiet, digest=made.digest)
    assert found.faults == []
    assert (found.rows, found.files) == (made.rows, 1)
    assert [p.read_bytes() for p in home.glob("??/*")] == [b"%PDF-1.7 acceptance record"]
    db = Database(empty_db_url)
    before, after = contents(world.db), contents(db)
    calmed = {"delivery", "storm_hold", "heartbeat"}
    assert {n: r for n, r in before.items() if n not in calmed} == {
        n: r for n, r in after.items() if n not in calmed
    }
    with db.read() as s:
        assert audit.verify(s).faults == []
    db.close()


def test_the_restored_office_goes_on_working_where_it_stopped(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    restore(made.path, empty_db_url, tmp_path / "x", LATER, quiet)
    there = World(Database(empty_db_url), world.units, world.people)
    number = there.reported(at("2026-10-21 10:00"))
    assert number not in {row.number for row in world.rows(tables.issue)}
    with there.db.read() as s:
        assert audit.verify(s).faults == []
    with pytest.raises(Exception, match=r"append|never|refus|chang"), there.db.write() as s:
        s.execute(tables.event.delete())
    there.db.close()


def test_messages_that_had_not_gone_out_are_held_after_a_restore(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    stop: Callable[[], bool] = lambda: True  # noqa: E731
    deliver(world.db, {}, LATER, "w")
    with world.db.write() as s:
        s.execute(tables.delivery.update().values(state="leased", leased_by="old:1"))
    waiting = len(world.rows(tables.delivery))
    assert waiting and stop()
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = restore(made.path, empty_db_url, tmp_path / "x", LATER, quiet)
    assert found.held == waiting
    db = Database(empty_db_url)
    with db.read() as s:
        states = {row.state for row in s.execute(tables.delivery.select())}
        holds = list(s.execute(tables.storm_hold.select()))
        beats = list(s.execute(tables.heartbeat.select()))
    db.close()
    assert (states, [h.state for h in holds], beats) == ({"held"}, ["held"], [])


def test_a_database_that_holds_anything_is_not_written_over(
    office: tuple[World, Path], tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    before = world.dump()
    with pytest.raises(GuardFailed) as refused:
        restore(made.path, world.db.url, folder, LATER, quiet)
    assert [r.code for r in refused.value.reasons] == ["restore_not_empty"]
    assert world.dump() == before


# ------------------------------------------------------------------ tampering


def parts(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]


def written(path: Path, found: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in found.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def closed_early(found: dict[str, bytes]) -> bytes:
    """The issues with every state turned to closed, packed again."""
    text = gzip.decompress(found["tables/issue.jsonl.gz"]).decode()
    return gzip.compress(text.replace('"in_progress"', '"closed"').encode())


def test_a_changed_part_is_refused_by_name_and_nothing_is_written(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = parts(made.path)
    found["tables/issue.jsonl.gz"] = closed_early(found)
    forged = written(tmp_path / "forged", found)
    with pytest.raises(Malformed, match=r"tables/issue\.jsonl\.gz"):
        restore(forged, empty_db_url, tmp_path / "x", LATER, quiet)


def test_one_whose_manifest_was_forged_too_is_caught_by_the_audit_and_by_the_digest(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = parts(made.path)
    content = found["tables/issue.jsonl.gz"] = closed_early(found)
    manifest = json.loads(found["manifest.json"])
    manifest["parts"]["tables/issue.jsonl.gz"] = [
        len(content), hashlib.sha256(content).hexdigest(),
    ]  # fmt: skip
    found["manifest.json"] = json.dumps(manifest).encode()
    forged = written(tmp_path / "forged", found)
    with pytest.raises(Malformed, match=r"digest|摘要"):
        restore(forged, empty_db_url, tmp_path / "x", LATER, quiet, digest=made.digest)
    done = restore(forged, empty_db_url, tmp_path / "x", LATER, quiet)
    assert any("state" in fault for fault in done.faults)
    db = Database(empty_db_url)
    with db.read() as s:
        assert rows.count(s, tables.issue) == 0
    db.close()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("where", ["left out", "added", "cut off", "added to", "no backup"])
def test_a_file_that_is_not_whole_is_refused(
    office: tuple[World, Path], tmp_path: Path, where: str
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = parts(made.path)
    broken = tmp_path / "broken"
    if where == "left out":
        written(broken, {n: c for n, c in found.items() if n != "tables/event.jsonl.gz"})
    elif where == "added":
        written(broken, {"../outside": b"x", **found})
    elif where == "cut off":
        broken.write_bytes(made.path.read_bytes()[: made.size // 2])
    elif where == "added to":
        broken.write_bytes(made.path.read_bytes() + b"more")
    else:
        broken.write_bytes(b"nothing of ours")
    with pytest.raises(Malformed):
        restore(broken, f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "x", LATER, quiet)
    assert not (tmp_path.parent / "outside").exists()


# ------------------------------------------------------------------ sealed


def test_a_sealed_backup_shows_nothing_and_opens_by_its_passphrase_alone(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet, PASSPHRASE)
    content = made.path.read_bytes()
    assert b"manifest" not in content
    assert b"jsonl" not in content
    for wrong in ("", "another"):
        with pytest.raises(Malformed):
            restore(made.path, empty_db_url, tmp_path / "x", LATER, quiet, passphrase=wrong)
    found = restore(made.path, empty_db_url, tmp_path / "x", LATER, quiet, passphrase=PASSPHRASE)
    assert found.faults == []


@pytest.mark.one_database
def test_a_sealed_backup_that_was_added_to_is_refused(
    office: tuple[World, Path], tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet, PASSPHRASE)
    whole = made.path.read_bytes()
    target = f"sqlite:///{tmp_path / 'n.db'}"
    made.path.write_bytes(whole + b"x")
    with pytest.raises(Malformed):
        restore(made.path, target, tmp_path / "x", LATER, quiet, passphrase=PASSPHRASE)
    made.path.write_bytes(whole)
    restore(made.path, target, tmp_path / "x", LATER, quiet, passphrase=PASSPHRASE)


@pytest.mark.one_database
@pytest.mark.parametrize("place", [0.3, 0.6, 0.999])
def test_one_changed_byte_of_a_sealed_backup_is_found(
    office: tuple[World, Path], tmp_path: Path, place: float
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet, PASSPHRASE)
    content = bytearray(made.path.read_bytes())
    content[int(len(content) * place)] ^= 1
    made.path.write_bytes(content)
    with pytest.raises(Malformed):
        restore(
            made.path, f"sqlite:///{tmp_path / 'n.db'}", tmp_path / "x", LATER, quiet,
            passphrase=PASSPHRASE,
        )  # fmt: skip


def test_a_file_that_has_gone_from_the_store_is_named_and_stops_nothing(
    office: tuple[World, Path], tmp_path: Path
) -> None:
    world, folder = office
    [path] = folder.glob("??/*")
    path.write_bytes(b"something else")
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    assert (made.files, made.missing) == (0, [path.name])


def test_writers_go_on_while_a_backup_is_made(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    reported: list[str] = []

    def busy(what: str, done: int, _all: int) -> None:
        if what == "backup" and done in (3, 20):
            reported.append(world.reported(moment(done)))

    made = backup(world.db, folder, tmp_path / "b", LATER, busy)
    assert len(reported) == 2
    found = restore(made.path, empty_db_url, tmp_path / "x", LATER, quiet)
    assert found.faults == []
    db = Database(empty_db_url)
    with db.read() as s:
        context(s)
        numbers = {row.number for row in s.execute(tables.issue.select())}
    db.close()
    assert numbers.isdisjoint(reported)


def moment(n: int) -> datetime:
    return at(f"2026-10-21 10:{n:02d}")


@pytest.mark.one_database
def test_an_office_that_was_tampered_with_before_is_restored_only_when_that_is_wanted(
    office: tuple[World, Path], tmp_path: Path
) -> None:
    world, folder = office
    with world.db.write() as s:
        s.execute(tables.evidence.update().values(sha256="0" * 64))
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    url = f"sqlite:///{tmp_path / 'n.db'}"
    found = restore(made.path, url, tmp_path / "x", LATER, quiet)
    assert [fault for fault in found.faults if "evidence" in fault]
    again = restore(made.path, url, tmp_path / "x", LATER, quiet, despite_faults=True)
    assert again.faults == found.faults
    db = Database(url)
    with db.read() as s:
        assert rows.count(s, tables.issue) == len(world.rows(tables.issue))
    db.close()


# ------------------------------------------------------------------ another machine, another age


def test_a_backup_of_an_older_revision_is_restored_into_it_and_upgraded(
    office: tuple[World, Path], empty_db_url: str, tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = parts(made.path)
    manifest = json.loads(found["manifest.json"])
    of_old(found, manifest, named=True)
    old = written(tmp_path / "old", found)
    done = restore(old, empty_db_url, tmp_path / "x", LATER, quiet)
    assert done.faults == []
    assert migrate.current(empty_db_url) == migrate.head()
    there = World(Database(empty_db_url), world.units, world.people)
    assert [row.number for row in there.rows(tables.issue)] == [
        row.number for row in world.rows(tables.issue)
    ]
    assert there.reported(at("2026-10-21 10:00")) not in numbers_of(world)
    with there.db.read() as s:
        assert audit.verify(s).faults == []
    there.db.close()
    taken = tmp_path / "taken.db"
    migrate.upgrade(f"sqlite:///{taken}")
    with pytest.raises(GuardFailed) as refused:  # what is prepared already is of another age
        restore(old, f"sqlite:///{taken}", tmp_path / "x", LATER, quiet)
    assert [r.code for r in refused.value.reasons] == ["restore_not_empty"]


def of_old(found: dict[str, bytes], manifest: dict[str, Any], *, named: bool) -> None:
    """Turn a backup into one of revision 0017: without the tables and the column that came since;
    before that, columns had no names either."""
    newer = {"archive", "archived_issue", "archived_event", "commit_mark"}
    for name in newer & manifest["counts"].keys():
        del found[f"tables/{name}.jsonl.gz"], manifest["parts"][f"tables/{name}.jsonl.gz"]
        del manifest["counts"][name], manifest["columns"][name]
    place = manifest["columns"]["issue"].index("archived_at")
    lines = gzip.decompress(found["tables/issue.jsonl.gz"]).splitlines()
    kept = [json.loads(line) for line in lines]
    for row in kept:
        del row[place]
    content = gzip.compress("".join(f"{json.dumps(row)}\n" for row in kept).encode())
    found["tables/issue.jsonl.gz"] = content
    manifest["parts"]["tables/issue.jsonl.gz"] = [len(content), hashlib.sha256(content).hexdigest()]
    manifest["columns"]["issue"].pop(place)
    manifest["revision"] = "0017"
    if not named:
        del manifest["columns"]
    found["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.one_database
def test_an_old_backup_that_does_not_name_its_columns_comes_back_and_a_bad_one_does_not(
    office: tuple[World, Path], tmp_path: Path
) -> None:
    world, folder = office
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    found = parts(made.path)
    of_old(found, json.loads(found["manifest.json"]), named=False)
    old = written(tmp_path / "old", found)
    done = restore(old, f"sqlite:///{tmp_path / 'n.db'}", tmp_path / "x", LATER, quiet)
    assert done.faults == []
    text = gzip.decompress(found["tables/issue.jsonl.gz"]).decode()
    content = gzip.compress(text.replace('"in_progress"', '"closed"').encode())
    manifest = json.loads(found["manifest.json"])
    manifest["parts"]["tables/issue.jsonl.gz"] = [len(content), hashlib.sha256(content).hexdigest()]
    found |= {
        "tables/issue.jsonl.gz": content, "manifest.json": json.dumps(manifest).encode()
    }  # fmt: skip
    url = f"sqlite:///{tmp_path / 'm.db'}"
    done = restore(written(tmp_path / "bad", found), url, tmp_path / "y", LATER, quiet)
    assert any("state" in fault for fault in done.faults)
    db = Database(url)
    with db.read() as s:
        assert rows.count(s, tables.issue) == 0
    db.close()
    manifest["revision"] = "9999"
    found["manifest.json"] = json.dumps(manifest).encode()
    with pytest.raises(Malformed, match="9999"):
        restore(written(tmp_path / "newer", found), url, tmp_path / "y", LATER, quiet)


@pytest.mark.one_database
def test_the_office_comes_back_on_a_machine_of_another_name(
    office: tuple[World, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, folder = office
    with world.db.write() as s:
        s.execute(insert(tables.heartbeat).values(job="sweep", worker="old-host:1", at=LATER))
    made = backup(world.db, folder, tmp_path / "b", LATER, quiet)
    monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'x.db'}"
    restore(made.path, url, tmp_path / "x", LATER, quiet)
    db = Database(url)
    assert worker_name().startswith("another-host")
    with db.read() as s:
        assert "old-host" not in str([list(s.execute(select(t))) for t in rows.all_tables()])
    assert tick(db, at("2026-10-21 10:00")) is not None
    with db.read() as s:
        assert audit.verify(s).faults == []
    db.close()


def numbers_of(world: World) -> set[str]:
    return {row.number for row in world.rows(tables.issue)}
