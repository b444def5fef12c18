"""The command line as the tests use it: one call, its exit code, what it printed; a small zone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cli.main import cli

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A database's command line. `lang` chooses the language of every call."""

    url: str
    lang: str = "en"

    def __call__(self, *words: object, by: str | None = None, at: str | None = None) -> Result:
        """Run a command; nothing of it is asserted. Words are split as a shell would."""
        tail = ["--db", self.url, "--lang", self.lang]
        tail += ["--as", by] if by else []
        tail += ["--at", at] if at else []
        return CliRunner().invoke(cli, [*shlex.split(" ".join(map(str, words))), *tail])

    def ok(self, *words: object, by: str | None = None, at: str | None = None) -> str:
        """Standard output of a command that must succeed."""
        result = self(*words, by=by, at=at)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def data(self, *words: object, by: str | None = None, at: str | None = None) -> Any:
        """The JSON that a command prints; it must succeed."""
        return json.loads(self.ok(*words, "--json", by=by, at=at))

    def refused(
        self, code: int, *words: object, by: str | None = None, at: str | None = None
    ) -> list[dict[str, str]]:
        """The reasons of a command that must end with this exit code, printing nothing else."""
        result = self(*words, "--json", by=by, at=at)
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
        assert result.stdout == ""
        reasons: list[dict[str, str]] = json.loads(result.stderr)["reasons"]
        assert all(reason["code"] and reason["message"] for reason in reasons)
        return reasons


@contextmanager
def fresh_settings() -> Iterator[None]:
    """Settings are read once; read them again, here and for whoever comes after."""
    from config.settings import settings

    settings.cache_clear()
    try:
        yield
    finally:
        settings.cache_clear()


def xiaohao(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XIAOHAO_")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, words)],
        cwd=cwd,
        text=True,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment,
    )


UNITS = (
    ("jfj", "经济发展局", "bureau"),
    ("lucheng", "潞城街道", "street"),
    ("zjj", "建设局", "department"),
    ("zgj", "资规分局", "department"),
    ("gdgs", "供电公司", "external"),
)
# username, name, unit, post, roles
PEOPLE = (
    ("reporter", "周静", "lucheng", "staff", "reporter"),
    ("triage", "李文", "jfj", "staff", "triage_officer verifier"),
    ("chief", "钱永年", "jfj", "head", "office_chief"),
    ("director", "蒋明远", "jfj", "deputy_head", "deputy_director"),
    ("inspector", "沈严", "jfj", "staff", "inspector"),
    ("head", "孙建国", "zjj", "head", "unit_leader"),
    ("liaison", "孙敏", "zjj", "liaison", "unit_liaison"),
    ("power", "何敏", "gdgs", "liaison", "unit_liaison"),
    ("outsider", "胡敏", "zgj", "liaison", "unit_liaison"),
)
REPORT = (
    "issue report --title 10千伏杆线影响施工 --description 地块北侧杆线需迁移 "
    "--category 杆线迁移 --no-project-reason 片区共性问题 --board lucheng"
)


def found(cli: Terminal) -> None:
    """Units and people of a small zone in a database of their own, added by command line."""
    cli.ok("db upgrade")
    for code, name, kind in UNITS:
        cli.ok(f"unit add {code} {name} --kind {kind}")
    for username, name, unit, post, roles in PEOPLE:
        rights = " ".join(f"--role {role}" for role in roles.split())
        cli.ok(f"person add {username} {name} --unit {unit} --post {post} {rights}")


def dispatched(cli: Terminal, plan: str = "") -> tuple[str, str]:
    """Numbers of an issue that was handed over on 2026-03-02 at 10:00, and of its task."""
    number = cli.data(REPORT, by="reporter", at="2026-03-02T09:00")["number"]
    cli.ok(f"issue triage {number}", by="triage", at="2026-03-02T09:30")
    done = cli.data(
        f"issue plan {number} --measures 协调产权单位迁移 {plan}",
        by="triage",
        at="2026-03-02T09:40",
    )
    cli.ok(f"issue dispatch {number}", by="chief", at="2026-03-02T10:00")
    return number, done["tasks"][0]["number"]


def acknowledged(cli: Terminal, plan: str = "") -> tuple[str, str]:
    """The same, received at 11:00."""
    number, task = dispatched(cli, plan)
    cli.ok(f"task ack {task} --leader head --person liaison", by="liaison", at="2026-03-02T11:00")
    return number, task


def closed(cli: Terminal, proof: Path) -> tuple[str, str]:
    """The same, submitted, verified and struck off on 2026-03-10."""
    number, task = acknowledged(cli)
    cli.ok(
        f"task submit {task} --result 已迁移 --evidence document={proof}",
        by="head",
        at="2026-03-10T10:00",
    )
    cli.ok(
        f"task verify {task} --opinion 属实 --site-check 已到现场核查",
        by="triage",
        at="2026-03-10T11:00",
    )
    cli.ok(f"issue approve {number} --opinion 同意销号", by="chief", at="2026-03-10T12:00")
    return number, task
