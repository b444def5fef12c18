"""Figures of several processes in one folder: nothing is lost, nothing grows without end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from web.metrics_shared import Shared, sharing

COUNT = """
import os, sys
from prometheus_client import Counter, Histogram
answers = Histogram("answers_seconds", "x", ("route",), buckets=(1, 5), registry=None)
asked = Counter("asked", "x", registry=None)
for n in range(int(sys.argv[1])):
    answers.labels("/").observe(n)
    asked.inc()
print(os.getpid())
"""


def counted(shared: Shared, times: int) -> int:
    """A process that counts, and ends; its id."""
    words = [sys.executable, "-c", COUNT, str(times)]
    env = {"PROMETHEUS_MULTIPROC_DIR": str(shared.folder)}
    return int(subprocess.run(words, env=env, check=True, capture_output=True).stdout)


def told(shared: Shared) -> dict[str, float]:
    """What a scrape says."""
    registry = CollectorRegistry()
    shared.collect_into(registry)
    lines = generate_latest(registry).decode().splitlines()
    return {k: float(v) for k, _b, v in (one.rpartition(" ") for one in lines if one[:1] != "#")}


def test_what_ended_processes_counted_stays_and_their_files_go(tmp_path: Path) -> None:
    with sharing(tmp_path, 8000) as shared:
        first, second = counted(shared, 3), counted(shared, 4)
        before = told(shared)
        assert before['answers_seconds_count{route="/"}'] == 7
        assert before['answers_seconds_bucket{le="1.0",route="/"}'] == 4
        assert before["asked_total"] == 7
        for pid in (first, second):
            shared.ended(pid)
            assert told(shared) == before
            assert list(shared.folder.glob(f"*_{pid}.db")) == []
        shared.ended(first)  # said twice
        counted(shared, 2)
        assert told(shared)["asked_total"] == 9
        assert len(list(shared.folder.glob("*.db"))) == 4


def test_a_process_killed_at_its_start_breaks_no_scrape(tmp_path: Path) -> None:
    with sharing(tmp_path, 8000) as shared:
        counted(shared, 1)
        (shared.folder / "histogram_77.db").touch()
        assert told(shared)["asked_total"] == 1
        shared.ended(77)
        assert not (shared.folder / "histogram_77.db").exists()
        assert told(shared)["asked_total"] == 1


def test_a_service_that_ends_leaves_no_figures_behind(tmp_path: Path) -> None:
    with sharing(tmp_path, 8000) as shared:
        counted(shared, 1)
        shared.agreed("event", 7)
        told(shared)
    assert list(shared.folder.iterdir()) == []


def test_processes_agree_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with sharing(tmp_path, 8000) as shared:
        assert shared.agreed("started", 7) == 7
        assert shared.agreed("started", 9) == 7
        assert [file.name for file in shared.folder.iterdir()] == ["started.since"]
