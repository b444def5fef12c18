"""Bodies of the library's endpoints. Texts are read as the portal's forms read them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from web.api.params import INTEGER

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


Side = Literal["keep", "take"]
_Digest = Annotated[
    str,
    Field(max_length=100, description="The digest of the comparison.", examples=["0a1b2c" * 10]),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _shown(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


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
    since: date = Field(examples=["2026-09-28"])
    note: str = Field(default="", max_length=2000)


class NewListing(_Body):
    """A place on a list; one of the same list and year is corrected: what is not named stays as it
    is, null or an empty text takes it back."""

    list: str = Field(max_length=40, examples=["city"])
    year: int = Field(ge=1900, le=2200, examples=[2026])
    library: str = Field(default="", max_length=200)
    source_id: str = Field(default="", max_length=200)
    carried_over: bool = False
    listed_on: date | None = None
    note: str = Field(default="", max_length=2000)


class EndedListing(_Body):
    """A list is left, with the reason."""

    removed_on: date = Field(examples=["2026-09-28"])
    reason: str = Field(max_length=2000, examples=["已竣工，移出年度清单"])


class NewDuty(_Body):
    """A part in the chain of responsibility: a unit, a person by username, or a name."""

    role: str = Field(max_length=40, examples=["lead_unit"])
    unit: str = Field(default="", max_length=120, examples=["zjj"])
    person: str = Field(default="", max_length=60)
    name: str = Field(default="", max_length=200)
    since: date = Field(examples=["2026-09-28"])


class EndedDuty(_Body):
    """A part ends without a successor."""

    role: str = Field(max_length=40, examples=["sponsor"])
    until: date = Field(examples=["2026-12-31"])


class Tag(_Body):
    """A tag: an industrial chain that is kept, an action, or another one."""

    model_config = _shown(kind="other", tag="绿岛")

    kind: str = Field(max_length=40, description="chain, action or other.")
    tag: str = Field(max_length=200)


class Attribution(_Body):
    """In whose figures the project counts, where that is not where it lies."""

    model_config = _shown(board="henglin", reason="北厂区计入横林镇")

    board: str = Field(default="", max_length=120, description="By code or name; empty: back.")
    reason: str = Field(max_length=2000)


class KeptChain(_Body):
    """An industrial chain with its leader: a username, or a name outside."""

    model_config = _shown(name="新能源", leader="director")

    name: str = Field(max_length=200)
    leader: str = Field(default="", max_length=60)
    leader_name: str = Field(default="", max_length=200)
    active: bool = Field(default=True, description="Whether projects may be given this chain.")


class Merge(_Body):
    """The record that is given up, and for each conflict the side that holds."""

    model_config = _shown(other=2, choices={"name": "keep", "owner": "take"}, expect="0a1b2c" * 10)

    other: int = Field(ge=1, le=INTEGER)
    choices: dict[Annotated[str, Field(max_length=40)], Side] = Field(default={}, max_length=60)
    expect: _Digest


class RowChoice(_Body):
    """Which side holds for a field of a row."""

    row: int = Field(ge=1, le=INTEGER)
    field: str = Field(max_length=40)
    side: Side


class RowDoubt(_Body):
    """Whether a doubtful row is the project of that name, or is left out."""

    row: int = Field(ge=1, le=INTEGER)
    answer: Literal["same", "skip"]


class TakenList(_Body):
    """What was chosen for a list. `rest` decides every conflict that `fields` does not name."""

    model_config = _shown(
        expect="0a1b2c" * 10, rest="keep", partial=False,
        fields=[{"row": 2, "field": "owner", "side": "take"}],
        doubtful=[{"row": 3, "answer": "same"}],
    )  # fmt: skip

    expect: _Digest
    fields: list[RowChoice] = Field(default=[], max_length=60_000)
    doubtful: list[RowDoubt] = Field(default=[], max_length=2_000)
    rest: Literal["", "keep", "take"] = ""
    partial: bool = Field(default=False, description="Take good rows although others are refused.")
