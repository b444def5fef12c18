"""What the commands about meetings share: tables with their codes in words."""

from __future__ import annotations

from typing import Any

from cli.kit import Common
from config.i18n import N_
from config.i18n import gettext as _

WORDS = {
    "planned": N_("being prepared"), "fixed": N_("agenda stands"), "session": N_("in session"),
    "closed": N_("held and closed"), "called_off": N_("called off"), "picked": N_("picked"),
    "dropped": N_("left out"), "follow_up": N_("earlier decision"), "item": N_("agenda item"),
}  # fmt: skip
"""States of meetings and of candidates, and parts of an agenda, as tables tell them."""


def shown(common: Common, rows: list[dict[str, Any]], titles: tuple[str, ...], none: str) -> None:
    """Rows as a table, or as JSON."""
    from cli.output import print_json, print_table

    if common.as_json:
        print_json(rows)
        return
    print_table(titles, [[_told(*pair) for pair in row.items()] for row in rows], none)


def _told(name: str, cell: Any) -> Any:
    coded = name in ("state", "part") and cell in WORDS
    return _(WORDS[cell]) if coded else cell
