"""What callers send about demands of enterprises."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_TEXT = 20_000
EXAMPLE: dict[str, Any] = {
    "source": "yqlai",
    "source_id": "20260928-000123",
    "enterprise": "某精密机械公司",
    "contact": "张工",
    "phone": "0519-00000000",
    "text": "厂区北侧10千伏杆线影响基坑开挖，请协调迁移。",
    "board": "lucheng",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DemandBody(_Body):
    """A demand as a platform hands it in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})
    source: str = Field(max_length=_TEXT, description="The platform's code.")
    source_id: str = Field(max_length=_TEXT, description="The platform's own number of it.")
    enterprise: str = Field(max_length=_TEXT)
    contact: str = Field(max_length=_TEXT)
    phone: str = Field(max_length=_TEXT)
    text: str = Field(max_length=_TEXT)
    board: str = Field(default="", max_length=_TEXT, description="A unit's code or full name.")
    credit_code: str = Field(default="", max_length=_TEXT, description="GB 32100, 18 characters.")
    project: str = Field(default="", max_length=_TEXT, description="As the enterprise says it.")


class TakeUpBody(_Body):
    """The issue that the demand becomes."""

    category: str = Field(
        max_length=_TEXT, description="Name of a category.", examples=["杆线迁移"]
    )
    title: str = Field(default="", max_length=_TEXT)
    board: str = Field(default="", max_length=_TEXT, description="A unit's code or full name.")
    project: str = Field(default="", max_length=_TEXT, description="As it stands in the library.")
    urgent: bool | None = None


class LinkBody(_Body):
    """The issue that is there already."""

    issue: str = Field(max_length=_TEXT, examples=["WT-2026-000001"])


class DemandAnswerBody(_Body):
    """What the enterprise reads."""

    text: str = Field(max_length=_TEXT, examples=["已转建设局，15个工作日内答复"])
    category: str = Field(default="", max_length=_TEXT)


class ResultBody(_Body):
    """What the enterprise reads of the result."""

    text: str = Field(max_length=_TEXT, examples=["杆线已迁移，现场可以施工"])


class DeclineBody(_Body):
    """Why, as the enterprise reads it."""

    reason: str = Field(max_length=_TEXT, examples=["不属本区事权，请向供电公司申请"])
