"""Lines of one issue must agree on what is the issue's own, or each import would turn it over."""

from __future__ import annotations

from config.i18n import gettext as _
from workflow.errors import Reason
from workflow.ledgers.decode import Entry

TITLES = ("title", "category")
"""Fields of an exported line that are the issue's, whether or not it has tasks."""


class Agreement:
    """What the lines of an import have said of each issue so far, by the issue's number."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[int, dict[str, str]]] = {}
        self._written: set[tuple[str, str]] = set()

    def against(self, entry: Entry, number: str) -> list[Reason]:
        """Why a line contradicts the first one of its issue; the first speaks for all."""
        own = {field: entry.text(field) for field in TITLES}
        row, said = self._said.setdefault(number, (entry.row, own))
        return [_disagrees(f, row, number, said[f]) for f in TITLES if said[f] != own[f]]

    def unwritten(self, number: str, changed: set[str]) -> set[str]:
        """The fields that no other line of the issue has brought in line yet."""
        return {field for field in changed if (number, field) not in self._written}

    def wrote(self, number: str, changed: set[str]) -> None:
        """Note what has been brought in line."""
        self._written |= {(number, field) for field in changed if field in TITLES}


def _disagrees(field: str, row: int, number: str, said: str) -> Reason:
    return Reason(
        "lines_disagree",
        _("Row {row} says otherwise of issue {number}: {text}").format(
            row=row, number=number, text=said[:80] or "—"
        ),
        field,
        _("Write the same into every row of the issue."),
    )
