"""Who may open a piece of evidence, and what is answered when there is nothing to open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.policy import shipped_policy
from models import tables
from tests import files
from tests.terminal import fresh_settings
from tests.world import World, at
from workflow.commands import closure
from workflow.commands.closure import Proof
from workflow.context import find_actor
from workflow.definitions import activate
from workflow.errors import NotVisible
from workflow.evidence_safety import Opened, Stored, accept, keeps_gps, open_evidence

NOW = at("2026-03-03 10:00")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XIAOHAO_VAR_DIR", str(tmp_path / "var"))
    with fresh_settings():
        yield tmp_path / "var" / "evidence"


def attached(world: World, *proofs: Proof) -> list[int]:
    """Proofs on a task that the construction bureau leads for Lucheng; their ids."""
    task = world.acknowledged(NOW).task
    for proof in proofs:
        world.do(closure.add_evidence, "zjj_head", NOW, task=task, proof=proof)
    return [row.id for row in world.rows(tables.evidence)]


def proof(stored: Stored) -> Proof:
    return Proof("photo", stored.name, "", stored.digest, stored.size)


def opened(world: World, username: str, key: int) -> Opened:
    with world.db.read() as s:
        return open_evidence(s, find_actor(s, username), key)


def refusal(world: World, username: str, key: int) -> str:
    with pytest.raises(NotVisible) as refused:
        opened(world, username, key)
    return refused.value.reasons[0].code


def test_whoever_sees_the_issue_opens_its_evidence(world: World, store: Path) -> None:
    photo = files.picture("JPEG")
    stored = accept(io.BytesIO(photo), "../现场 照片.jpg")
    [key] = attached(world, proof(stored))
    for username in ("zjj_handler", "lucheng_reporter", "jfj_verifier", "chief", "principal"):
        found = opened(world, username, key)
        assert (found.name, found.media_type) == ("现场 照片.jpg", "image/jpeg")
        assert found.path.is_relative_to(store)
        assert (len(found.path.read_bytes()), found.size) == (stored.size, stored.size)


@pytest.mark.parametrize(
    "username", ["henglin_head", "zgj_handler", "gdgs_liaison", "sysadmin", "auditor"]
)
def test_nobody_else_learns_that_there_is_any(world: World, store: Path, username: str) -> None:
    [key] = attached(world, proof(accept(io.BytesIO(b"%PDF-1.7"), "a.pdf")))
    assert refusal(world, username, key) == "not_visible"
    assert refusal(world, username, key + 1) == "not_visible"


def test_proof_that_is_kept_elsewhere_or_is_gone_says_so(world: World, store: Path) -> None:
    stored = accept(io.BytesIO(b"%PDF-1.7"), "a.pdf")
    named, gone = attached(world, Proof("document", "验〔2026〕1号"), proof(stored))
    assert refusal(world, "chief", named) == "evidence_elsewhere"
    opened(world, "chief", gone).path.unlink()
    assert refusal(world, "chief", gone) == "evidence_gone"
    assert refusal(world, "henglin_head", gone) == "not_visible"


def test_what_was_taken_before_kinds_were_looked_at_is_offered_as_plain_bytes(
    world: World, store: Path
) -> None:
    stored = accept(io.BytesIO(b"%PDF-1.7"), "a.pdf")
    [key] = attached(world, Proof("document", "old.html", "", stored.digest, stored.size))
    assert opened(world, "chief", key).media_type == "application/octet-stream"


def test_the_policy_of_the_tasks_category_says_whether_photos_keep_their_place(
    world: World,
) -> None:
    before = world.dispatched(NOW).task
    source = shipped_policy().replace("site_check = true }", "site_check = true, keep_gps = true }")
    given = {"what": "policy", "source": source, "file": "policy.toml"}
    world.do(activate, "chief", NOW, **given)
    after = world.dispatched(NOW).task
    with world.db.read() as s:
        assert keeps_gps(s, after)
        assert not keeps_gps(s, before)
        assert not keeps_gps(s, "no such task")
