"""Bodies of the task forces' endpoints."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from web.api.params import INTEGER

_Name = Annotated[str, Field(max_length=200)]
_Text = Annotated[str, Field(max_length=2000)]
_Leader = Annotated[str, Field(max_length=60, description="Username of the leader.")]
_Outside = Annotated[str, Field(max_length=200, description="A leader outside, by name.")]
_Unit = Annotated[str, Field(max_length=120, description="Code or full name of the unit.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _shown(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class NewForce(_Body):
    """A task force with its leader and member units."""

    model_config = _shown(
        name="工业项目攻坚专班", purpose="协调工业项目开竣工", leader="director",
        lead_unit="jfj", since="2026-09-01", units=["zjj", "zgj"],
    )  # fmt: skip

    name: _Name
    purpose: _Text = ""
    leader: _Leader = ""
    leader_name: _Outside = ""
    lead_unit: _Unit = ""
    since: date
    units: list[_Unit] = Field(default=[], max_length=200)


class ChangedForce(_Body):
    """What is to be corrected; what is left out stays, an empty text takes it away."""

    model_config = _shown(purpose="协调工业项目开竣工和要素保障")

    name: _Name = ""
    purpose: _Text = ""
    leader: _Leader = ""
    leader_name: _Outside = ""
    lead_unit: _Unit = ""


class ForceUnit(_Body):
    """A member unit."""

    model_config = _shown(unit="gdgs")

    unit: _Unit


class ForceProjectBody(_Body):
    """A project that the task force looks after."""

    model_config = _shown(project=3)

    project: int = Field(ge=1, le=INTEGER)


class EndedForce(_Body):
    """The day on which it was dissolved."""

    model_config = _shown(ended_on="2026-11-20")

    ended_on: date
