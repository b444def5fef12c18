"""The project library."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import Field

from web.api.shapes.base import Moment, PageOf, SavedOf, Shape

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


class ProjectSaved(SavedOf):
    """A project as an act has left it."""


class ChainLine(Shape):
    """An industrial chain."""

    id: int
    name: str
    leader: str
    leader_username: str | None = Field(description="Null for a leader outside.")
    active: bool = Field(description="Whether projects may be given this chain.")
    projects: int = Field(description="Of those that the caller may know of.")


class Chains(Shape):
    """Every industrial chain, by name."""

    items: list[ChainLine]


class ChainKept(Shape):
    """The chain that was kept."""

    id: int
    name: str


class DifferencePart(Shape):
    """A field that two sides say differently, as texts; `conflict` false: theirs fills it in."""

    field: str
    label: str
    ours: str
    theirs: str
    conflict: bool


class ComparedRecord(Shape):
    """One of two records; `lists` says in words what it rests on."""

    id: int
    version: int
    name: str
    lists: str


class Compared(Shape):
    """Two records of one project, the one that is kept first."""

    digest: str = Field(description="Of everything that is shown here; merging gives it back.")
    records: list[ComparedRecord]
    differences: list[DifferencePart]


class ListColumn(Shape):
    """A column of a list that is known."""

    heading: str
    field: str


_Columns: TypeAlias = list[ListColumn]  # a field below bears the name of the type
_Texts: TypeAlias = list[str]


class ListHandedIn(Shape):
    """A list that waits for choices."""

    key: str
    file: str
    list: str
    year: int
    library: str
    as_of: str
    digest: str = Field(description="Of the whole comparison; taking the list gives it back.")
    counts: dict[str, int] = Field(description="Rows: new, same, different, doubtful, refused.")
    columns: _Columns
    unknown: _Texts = Field(description="Headings that are not known and left out.")


class ListReason(Shape):
    """Why a row is refused."""

    code: str
    message: str
    field: str
    remedy: str


class ListRow(Shape):
    """A row of a list beside the record that it meets."""

    row: int
    kind: str = Field(description="new, same, different, doubtful or refused.")
    name: str
    project: int | None
    known_as: str | None
    lists: str
    listed: bool = Field(description="Whether the project stands on that list already.")
    values: dict[str, str]
    differences: list[DifferencePart]
    reasons: list[ListReason]


class ListCompared(ListHandedIn, PageOf):
    """A list beside the library, page by page."""

    items: list[ListRow]


class ListTaken(Shape):
    """How many rows did what, and the projects they made, changed or listed."""

    added: int
    changed: int
    listed: int
    unchanged: int
    left_out: int
    projects: list[int]
