"""Task forces."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import PageOf, SavedOf, Shape


class ForceLine(Shape):
    """A task force as lists tell it."""

    id: int
    version: int
    name: str
    purpose: str
    leader: str = Field(description="Name of the leader.")
    leader_username: str | None = Field(description="Null for a leader outside.")
    lead_unit: str | None = Field(description="Code of the unit.")
    since: str
    ended_on: str | None = Field(description="Null: at work.")
    unit_count: int
    project_count: int = Field(description="Of the projects that the caller may know of.")


class ForcePage(PageOf):
    """Task forces, the oldest first."""

    items: list[ForceLine]


class ForceProject(Shape):
    """A project that a task force looks after."""

    id: int
    name: str
    board: str | None = Field(description="Code of the town or street where it lies.")
    stage: str
    light: str
    open_issues: int


class ForceFile(ForceLine):
    """A task force with its member units and those of its projects that the caller may know of."""

    units: list[str] = Field(description="Codes of the member units.")
    projects: list[ForceProject]


class ForceSaved(SavedOf):
    """A task force as an act has left it."""
