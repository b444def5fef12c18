"""What every answer is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

Moment = str
"""ISO 8601 with the offset of the policy's zone."""


class Shape(BaseModel):
    """A part of an answer. What checks it is made for the first answer: for all of them at once
    it would take a tenth of the time in which the service starts."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class SavedOf(Shape):
    """Something as an act has left it."""

    id: int
    version: int
    of: int | None = Field(description="Id of the row that was made beside it, null for none.")


class PageOf(Shape):
    """What every page has. `next` is the address of the next page, null on the last."""

    next: str | None
    next_cursor: str | None
