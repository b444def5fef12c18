"""What of the form of monthly figures is asked for, as its address says it."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData

from web.forms import text
from web.templating import url


class Asked:
    """A month, and what narrows its form: a board, a project, those that have not reported."""

    def __init__(
        self, month: str, board: int | None, project: int | None, every: bool, page: int,
        missing: bool = False,
    ) -> None:  # fmt: skip
        self.month, self.board, self.project = month, board, project
        self.every, self.page, self.missing = every, page, missing

    def path(self, **query: Any) -> str:
        """The form's address, with some of its query changed."""
        given = {"month": self.month, "board": self.board, "project": self.project,
                 "every": "1" if self.every else "",
                 "missing": "1" if self.missing else ""} | query  # fmt: skip
        return url("/figures", **given)


def key_of(sent: FormData, name: str) -> int | None:
    """The id that a field holds, None for anything else."""
    given = text(sent, name)
    return int(given) if given.isascii() and given.isdigit() and 0 < len(given) < 10 else None
