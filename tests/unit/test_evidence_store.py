"""Files of evidence: kept once, whole, under the hash of their content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from workflow import evidence_store
from workflow.errors import Malformed


def put(folder: Path, path: Path, max_bytes: int = evidence_store.MAX_BYTES) -> tuple[str, int]:
    """Keep a file that nobody objects to."""
    with evidence_store.open_regular(path) as source:
        digest, size, _found = evidence_store.keep(
            folder, source, path.name, lambda _path: None, max_bytes=max_bytes
        )
    return digest, size


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "报告.pdf"
    path.write_bytes(b"all done" * 1000)
    return path


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_lies_under_its_hash(tmp_path: Path, report: Path) -> None:
    digest, size = put(tmp_path / "store", report)
    assert digest == hashlib.sha256(report.read_bytes()).hexdigest()
    assert size == 8000
    path = evidence_store.locate(tmp_path / "store", digest)
    assert path.read_bytes() == report.read_bytes()


def test_the_same_content_is_kept_once(tmp_path: Path, report: Path) -> None:
    other = tmp_path / "another name.pdf"
    other.write_bytes(report.read_bytes())
    first = put(tmp_path / "store", report)
    assert put(tmp_path / "store", other) == first
    assert len(stored(tmp_path / "store")) == 1


def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path, report: Path) -> None:
    with pytest.raises(Malformed) as refusal:
        put(tmp_path / "store", report, max_bytes=7999)
    assert refusal.value.reasons[0].field == "evidence"
    assert stored(tmp_path / "store") == []


def test_what_is_no_plain_file_is_refused(tmp_path: Path, report: Path) -> None:
    (tmp_path / "link.pdf").symlink_to(report)
    (tmp_path / "empty.pdf").touch()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link.pdf", "empty.pdf", "pipe", "missing.pdf", "."):
        with pytest.raises(Malformed) as refusal:
            put(tmp_path / "store", tmp_path / name)
        assert refusal.value.reasons[0].remedy


def test_only_a_hash_names_content(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, ""):
        with pytest.raises(Malformed):
            evidence_store.locate(tmp_path, name)
