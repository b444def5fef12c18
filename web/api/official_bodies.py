"""What callers send to prepare or void a document. Shapes only; the engine says what is missing."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from web.api.params import INTEGER
from workflow.documents.asking import Draft

EXAMPLE: dict[str, Any] = {
    "kind": "supervision_order",
    "tasks": ["WT-2026-000001-01"],
    "given": {
        "cause": "多次催办后仍未按要求推进。",
        "requirements": "请主要负责人亲自协调，限期完成线路迁移。",
        "feedback_by": "2026-10-12",
    },
    "copies": ["lucheng"],
}
Name = Annotated[str, Field(max_length=120)]
Names = Annotated[list[Name], Field(max_length=200)]


class PrepareBody(BaseModel):
    """What a document is to be; units are codes, taken from the tasks where they are left out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    kind: str = Field(max_length=60, description="A kind's code, see /documents/kinds.")
    issues: Names = Field(default=[], description="Numbers of the issues that it is about.")
    tasks: Names = Field(default=[], description="Numbers of tasks; without them all that run.")
    given: dict[Name, Annotated[str, Field(max_length=20_000)]] = Field(
        default={}, max_length=50, description="The kind's fields."
    )
    to: Names = Field(default=[], description="Addressees.")
    copies: Names = Field(default=[], description="Units with a copy.")
    issuer: str = Field(default="", max_length=120, description="The office it is submitted to.")
    steps: list[Annotated[int, Field(ge=1, le=INTEGER)]] = Field(
        default=[], max_length=200, description="Prepared steps of the ladder that it carries out."
    )


class VoidBody(BaseModel):
    """Why it is void."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "文号有误"}]}
    )

    reason: str | None = Field(default=None, max_length=20_000)


def draft_of(body: PrepareBody) -> Draft:
    """The body as the command takes it."""
    return Draft(**body.model_dump())
