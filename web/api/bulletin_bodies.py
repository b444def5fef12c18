"""What callers send about bulletins. Shapes only; the commands say what is missing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class DraftBody(BaseModel):
    """The month of which a bulletin is drafted; it must be frozen."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"month": "2026-09"}]}
    )
    month: str = Field(pattern=MONTH, description="A frozen month.")


class WordsBody(BaseModel):
    """Sections to be changed; figures stand in them as placeholders."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"progress": "累计销号率{销号率}。"}]}
    )
    starts: str | None = Field(default=None, max_length=4000)
    investment: str | None = Field(default=None, max_length=4000)
    progress: str | None = Field(default=None, max_length=4000)
    requirements: str | None = Field(default=None, max_length=2000)


class IssuerBody(BaseModel):
    """The office that issues it; the caller's own by default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"issuer": "dzb"}]})
    issuer: str = Field(default="", max_length=120)


class BulletinReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "漏报"}]})
    reason: str = Field(min_length=1, max_length=300)
