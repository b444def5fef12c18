"""Parameters that several endpoints take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

BIG = 2**63 - 1
INTEGER = 2**31 - 1

IssueNumber = Annotated[
    str,
    Path(
        description="Number of an issue.",
        pattern=r"^[A-Za-z0-9-]+$",
        max_length=50,
        examples=["WT-2026-000001"],
    ),
]
TaskNumber = Annotated[
    str,
    Path(
        description="Number of a task.",
        pattern=r"^[A-Za-z0-9-]+$",
        max_length=50,
        examples=["WT-2026-000001-01"],
    ),
]
Id = Annotated[int, Path(ge=1, le=INTEGER, examples=[1])]
BigId = Annotated[int, Path(ge=1, le=BIG, examples=[1])]
Limit = Annotated[int, Query(ge=1, le=500, description="How many rows a page has.")]
Cursor = Annotated[
    str | None,
    Query(max_length=300, description="Where the page begins: next_cursor of the page before."),
]
UnitCode = Annotated[
    str | None, Query(max_length=120, description="A unit's code or full name.", examples=["zjj"])
]
