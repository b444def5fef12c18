"""Bodies of the library's endpoints. Texts are read as the portal's forms read them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_TEXT = Annotated[str, Field(max_length=2100)]
Fields = Annotated[
    dict[Annotated[str, Field(max_length=40)], _TEXT],
    Field(
        max_length=40,
        description="Fields by name as texts: amounts as decimals, dates as 2026-09-28, yes or no;"
        " empty for what is not stated.",
        examples=[{"owner": "某公司", "total_invest_yi": "12.5"}],
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewProject(_Body):
    """A new record. `fields.name` is needed."""

    fields: Fields
    board: str = Field(default="", max_length=120, description="Town or street, by code or name.")


class ChangedProject(_Body):
    """Fields to be corrected; those that are not named stay as they are."""

    fields: Fields


class NewStage(_Body):
    """A stage that was reached; back, or re-dated, it needs a reason in `note`."""

    stage: str = Field(max_length=40, examples=["started"])
    since: date
    note: str = Field(default="", max_length=2000)


class NewListing(_Body):
    """A place on a list; one of the same list and year is corrected."""

    list: str = Field(max_length=40, examples=["city"])
    year: int = Field(ge=1900, le=2200)
    library: str = Field(default="", max_length=200)
    source_id: str = Field(default="", max_length=200)
    carried_over: bool = False
    listed_on: date | None = None
    note: str = Field(default="", max_length=2000)


class EndedListing(_Body):
    """A list is left, with the reason."""

    removed_on: date
    reason: str = Field(max_length=2000)


class NewDuty(_Body):
    """A part in the chain of responsibility: a unit, a person by username, or a name."""

    role: str = Field(max_length=40, examples=["lead_unit"])
    unit: str = Field(default="", max_length=120)
    person: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=200)
    since: date


class EndedDuty(_Body):
    """A part ends without a successor."""

    role: str = Field(max_length=40, examples=["sponsor"])
    until: date
