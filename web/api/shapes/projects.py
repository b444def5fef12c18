"""The project library."""

from __future__ import annotations

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, Shape

Amount = str
"""An exact decimal as text, without an exponent; null where it is not stated."""


class ListingPart(Shape):
    """A place on a list of one year."""

    id: int
    list: str = Field(description="province, city, district or industrial.")
    year: int
    library: str
    source_id: str
    carried_over: bool
    listed_on: str | None
    removed_on: str | None
    note: str


class StepPart(Shape):
    """A step of the stages. `standing`: no later correction has taken it back."""

    stage: str
    since: str
    recorded_at: Moment
    note: str
    standing: bool


class DutyPart(Shape):
    """A part in the chain of responsibility; `until` null: in force."""

    role: str
    unit: str | None = Field(description="Code of the unit.")
    person: str | None = Field(description="Username.")
    name: str
    since: str
    until: str | None


class TagPart(Shape):
    """A tag."""

    kind: str = Field(description="chain, action, evaluation or other.")
    tag: str


class ProjectLine(Shape):
    """A project as lists tell it."""

    id: int
    version: int
    name: str
    code: str | None = Field(description="National code, GB/T 40058; null before filing.")
    stage: str
    stage_since: str | None
    light: str
    board: str | None = Field(description="Code of the town or street where it lies.")
    attributed_board: str | None = Field(description="Whose figures it counts in, where set.")
    owner: str
    total_invest_yi: Amount | None = Field(description="亿元")
    total_invest_usd_wan: Amount | None = Field(description="万美元")
    band: str | None
    carried_over: bool
    year: int | None


class ProjectPage(PageOf):
    """Projects, worst light first."""

    items: list[ProjectLine]
    total: int


class ProjectFile(ProjectLine):
    """A project with everything of its record; what is not stated is empty."""

    fields: dict[str, str]
    light_reason: str
    actual_start_on: str | None
    actual_finish_on: str | None
    attribution_reason: str
    merged_into: int | None
    listings: list[ListingPart]
    stages: list[StepPart]
    duties: list[DutyPart]
    tags: list[TagPart]


class ProjectSaved(Shape):
    """A project as an act has left it. `of` is the row that was made beside it."""

    id: int
    version: int
    of: int | None
