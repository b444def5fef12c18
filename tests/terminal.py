"""The command line as the tests use it: one call, its exit code, what it printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from cli.main import cli


@dataclass(frozen=True, slots=True)
class Terminal:
    """A database's command line. `lang` chooses the language of every call."""

    url: str
    lang: str = "en"

    def __call__(self, *words: object, by: str | None = None, at: str | None = None) -> Result:
        """Run a command; nothing of it is asserted."""
        tail = ["--db", self.url, "--lang", self.lang]
        tail += ["--as", by] if by else []
        tail += ["--at", at] if at else []
        return CliRunner().invoke(cli, [*map(str, words), *tail])

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
