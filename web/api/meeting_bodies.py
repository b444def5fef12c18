"""What callers send about meetings. Shapes only; the commands say what is missing."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from web.api.params import INTEGER
from workflow.typed import parse_date

_TEXT = 20_000
_NAME = 200


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MeetingPlanBody(_Body):
    """When, where, who chairs, who is invited."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "starts_at": "2026-12-15T14:30",
                    "place": "管委会三楼会议室",
                    "chair": "director",
                    "units": ["lucheng", "zjj"],
                }
            ]
        },
    )
    starts_at: str = Field(default="", max_length=60, description="Local, or with an offset.")
    place: str = Field(default="", max_length=_TEXT)
    chair: str = Field(default="", max_length=_NAME, description="A username.")
    units: list[str] = Field(default=[], max_length=200, description="Codes or full names.")


class MeetingReasonBody(_Body):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "改期"}]})
    reason: str = Field(max_length=_TEXT)


class MeetingItemBody(_Body):
    """An issue to pick, or with a reason to leave out."""

    issue: str = Field(max_length=_NAME, examples=["WT-2026-000001"])
    proposal: str = Field(default="", max_length=_TEXT)
    leave_out: str = Field(default="", max_length=_TEXT, description="Why it is left out.")


class MeetingDecisionBody(_Body):
    """A decision: task, ask, follow or city."""

    kind: str = Field(
        max_length=_NAME, examples=["task"],
        description="task; ask: the unit answers with a date, then it becomes a task; follow; city:"
        " reported to the city.",
    )  # fmt: skip
    text: str = Field(max_length=_TEXT, examples=["12月28日前完成专用变电所送电"])
    lead: str = Field(
        max_length=_NAME, description="Code or full name of the unit.", examples=["zjj"]
    )
    due: str | None = Field(default=None, max_length=40, examples=["2026-12-28"])
    item: int | None = Field(default=None, ge=1, le=INTEGER)


class MeetingRaisedBody(_Body):
    """An issue that is raised on the spot."""

    title: str = Field(max_length=_TEXT, examples=["专用变电所送电受阻"])
    description: str = Field(max_length=_TEXT, examples=["外线路径尚未确定"])
    category: str = Field(max_length=_TEXT, examples=["杆线迁移"])
    project: str = Field(default="", max_length=_TEXT)
    board: str = Field(default="", max_length=_NAME)


class MeetingPositionBody(_Body):
    """What a unit has to say; the office names the unit."""

    text: str = Field(max_length=_TEXT, examples=["同意迁改方案，需业主先行缴费"])
    unit: str = Field(default="", max_length=_NAME)


class MeetingAnswerBody(_Body):
    """The answer of the unit that was asked."""

    text: str = Field(max_length=_TEXT, examples=["可以在12月28日前完成"])
    due: str | None = Field(default=None, max_length=40, examples=["2026-12-28"])


class MeetingNoteBody(_Body):
    """What was done."""

    note: str = Field(max_length=_TEXT, examples=["已完成送电"])


class MeetingMinutesBody(_Body):
    """The words of the minutes; what is left out is taken from the record."""

    chair: str | None = Field(default=None, max_length=_TEXT)
    present: str | None = Field(default=None, max_length=_TEXT)
    decisions: str | None = Field(
        default=None, max_length=_TEXT, examples=["一、杆线迁改由建设局牵头。"]
    )


class CoordinationAskBody(_Body):
    """consult, district, city or element, with the reason."""

    cause: str = Field(max_length=_NAME, examples=["consult"])
    reason: str = Field(max_length=_TEXT, examples=["三个单位意见不一致"])


class CoordinationOpinionBody(_Body):
    """Why the meeting does not treat it."""

    opinion: str = Field(max_length=_TEXT, examples=["由专班先行协调"])


def day(sent: dict[str, Any]) -> date | None:
    """The field `due` as a date. Raises `Malformed`."""
    return parse_date(sent["due"], "due") if sent.get("due") else None
