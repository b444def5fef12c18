"""The columns of the bureau's ledger (问题清单, domain rules section 6), in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from config.i18n import N_

Kind = Literal["text", "number", "date", "moment", "light"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its key, its heading's message id, and its width in characters."""

    key: str
    title: str
    width: int
    kind: Kind = "text"


COLUMNS = (
    Column("row", N_("No."), 6, "number"),
    Column("number", N_("Number"), 18),
    Column("project", N_("Project"), 26),
    Column("board", N_("Town or street"), 12),
    Column("category", N_("Category"), 12),
    Column("problem", N_("Problem"), 46),
    Column("found_by", N_("Found by"), 10),
    Column("found_on", N_("Found on"), 12, "date"),
    Column("measures", N_("Measures"), 40),
    Column("lead", N_("Lead unit"), 14),
    Column("co_units", N_("Supporting units"), 20),
    Column("leader", N_("Responsible leader"), 10),
    Column("person", N_("Handler"), 10),
    Column("due", N_("Deadline"), 17, "moment"),
    Column("light", N_("Light"), 8, "light"),
    Column("progress", N_("Latest progress"), 36),
    Column("closed_at", N_("Closed on"), 17, "moment"),
    Column("closed_by", N_("Closed by"), 10),
    Column("state", N_("State"), 12),
    Column("phase", N_("Phase"), 12),
    Column("task_state", N_("Task state"), 14),
    Column("light_reason", N_("Why this light"), 16),
    Column("provisional", N_("Provisional"), 6),
    Column("level", N_("Supervision level"), 10, "number"),
    Column("listed", N_("Listed"), 8),
    Column("relapses", N_("Relapses"), 8, "number"),
    Column("overrides", N_("Overrides"), 8, "number"),
    Column("title", N_("Title"), 30),
    Column("source", N_("Source"), 24),
    Column("check_code", N_("Export check code"), 46),
)
