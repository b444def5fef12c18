"""What callers send about inspections. Shapes only; the commands say what is missing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from config.inspections import KINDS, RULES
from web.api.params import INTEGER

TEXT = 20_000
DAY = Field(max_length=10, examples=["2026-09-28"])


class PlanBody(BaseModel):
    """A plan. `projects` are named in visiting order; other rules choose by themselves."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "kind": "quarterly", "title": "三季度项目督查", "starts_on": "2026-09-28",
        "rule": "lot", "size": 3,
    }]})  # fmt: skip

    kind: str = Field(max_length=20, description=f"One of: {', '.join(KINDS)}.")
    title: str = Field(max_length=TEXT)
    starts_on: str = DAY
    ends_on: str | None = Field(default=None, max_length=10)
    leader: str = Field(default="", max_length=TEXT, description="Username of the leader.")
    leader_name: str = Field(default="", max_length=TEXT)
    members: list[str] = Field(default_factory=list, max_length=100)
    purpose: str = Field(default="", max_length=TEXT)
    announced: bool = True
    rule: str = Field(default="named", max_length=20, description=f"One of: {', '.join(RULES)}.")
    projects: list[int] = Field(default_factory=list, max_length=200)
    board: str = Field(default="", max_length=120)
    stage: str = Field(default="", max_length=20)
    days: int | None = Field(default=None, ge=1, le=3660)
    size: int | None = Field(default=None, ge=1, le=3660)


class FindingBody(BaseModel):
    """A finding. `token` is chosen by the sender: the same one is one finding."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{
        "project": 1, "title": "杆线影响施工", "category": "杆线迁移", "token": "a1b2c3d4e5",
    }]})  # fmt: skip

    project: int = Field(ge=1, le=INTEGER)
    title: str = Field(max_length=TEXT)
    category: str = Field(max_length=TEXT)
    detail: str = Field(default="", max_length=TEXT)
    urgent: bool = False
    token: str = Field(max_length=200)


class VisitBody(BaseModel):
    """A visit to a site."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project": 1}]})

    project: int = Field(ge=1, le=INTEGER)
    remark: str = Field(default="", max_length=TEXT)


class ConclusionBody(BaseModel):
    """The conclusion of the report."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {"conclusion": "问题已全部转办。"}]})  # fmt: skip

    conclusion: str = Field(max_length=TEXT)


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "改期"}]})

    reason: str = Field(max_length=TEXT)
