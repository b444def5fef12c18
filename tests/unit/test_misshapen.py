"""What is wrong with a value's shape is told by field, in our own words, and once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from config.i18n import language
from web.misshapen import reasons_of
from workflow.errors import Reason


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(default="x", min_length=1, max_length=5)
    urgent: str | bool | None = None
    level: str | StrictInt | None = None
    major: bool | None = None
    days: Annotated[int, Field(ge=1, le=500)] = 1
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    units: list[str] | None = Field(default=None, max_length=2)
    parts: list[Part] = Field(default=[], min_length=0)
    ids: list[int] = Field(default=[1], min_length=1)
    number: str = Field(default="a", pattern=r"^[A-Za-z0-9-]+$")
    sort: str = Field(default="newest", pattern=r"^(newest|oldest)$")
    form: Literal["pdf", "docx"] = "pdf"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with language("en"):
        yield


def faults(**sent: Any) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as refusal:
        Body(**sent)
    return [{**fault, "loc": ("body", *fault["loc"])} for fault in refusal.value.errors()]


def told(**sent: Any) -> Reason:
    (reason,) = reasons_of(faults(**sent))
    return reason


@pytest.mark.parametrize(
    ("sent", "field", "message", "remedy"),
    [
        ({"title": 5}, "title", "title: 5 cannot be read here.", "Send a text."),
        ({"title": None}, "title", "title: null cannot be read here.", "Send a text."),
        ({"title": {"a": "b"}}, "title", "title: {…} cannot be read here.", "Send a text."),
        ({"title": "abcdef"}, "title", "The text is too long (6 characters).",
         "Enter plain text of at most 5 characters."),
        ({"title": ""}, "title", "title:  cannot be read here.", "Enter at least 1 characters."),
        ({"days": 0}, "days", "days: 0 cannot be read here.", "Choose at least 1."),
        ({"days": 501}, "days", "days: 501 cannot be read here.", "Choose at most 500."),
        ({"days": "x"}, "days", "days: x cannot be read here.", "Send a whole number."),
        ({"days": 1.5}, "days", "days: 1.5 cannot be read here.", "Send a whole number."),
        ({"share": 1}, "share", "share: 1 cannot be read here.", "Choose less than 1.0."),
        ({"share": 0}, "share", "share: 0 cannot be read here.", "Choose more than 0.0."),
        ({"major": "perhaps"}, "major", "major: perhaps cannot be read here.",
         "Send true or false."),
        ({"units": "zjj"}, "units", "units: zjj cannot be read here.", "Send a list."),
        ({"units": ["a", "b", "c"]}, "units", "units: […] cannot be read here.",
         "Send at most 2 of them."),
        ({"ids": []}, "ids", "ids: […] cannot be read here.", "Send at least 1 of them."),
        ({"parts": [{"name": "a"}, {}]}, "parts.1.name", "parts.1.name is missing.",
         "Fill in this field."),
        ({"parts": ["a"]}, "parts.0", "parts.0: a cannot be read here.", "Send an object."),
        ({"colour": "red"}, "colour", "colour is not known here.", "Leave it out."),
        ({"number": "号"}, "number", "number: 号 cannot be read here.",
         "Write it in the form ^[A-Za-z0-9-]+$."),
        ({"sort": "worst"}, "sort", "sort: worst cannot be read here.",
         "Use one of: newest, oldest."),
        ({"form": "odt"}, "form", "form: odt cannot be read here.", "Use one of: 'pdf' or 'docx'."),
    ],
)  # fmt: skip
def test_a_shape_is_refused_in_our_own_words(
    sent: dict[str, Any], field: str, message: str, remedy: str
) -> None:
    found = told(**sent)
    assert (found.field, found.message, found.remedy) == (field, message, remedy)


def test_a_field_that_takes_several_kinds_is_named_once_by_its_own_name() -> None:
    assert len(faults(urgent=[1])) == 2
    assert told(urgent=[1]).field == "urgent"
    assert told(level=1.5).field == "level"


def test_every_fault_keeps_its_place() -> None:
    found = reasons_of(faults(title=5, urgent=[1], days=0, colour="red"))
    assert [reason.field for reason in found] == ["title", "urgent", "days", "colour"]


def test_a_body_that_is_no_json_has_no_field() -> None:
    fault = {"type": "json_invalid", "loc": ("body", 10), "msg": "JSON decode error", "input": {}}
    (reason,) = reasons_of([fault])
    assert (reason.field, reason.remedy) == ("body", "Send valid JSON.")


def test_a_body_of_another_kind_is_told_as_it_was_sent() -> None:
    fault = {"type": "model_attributes_type", "loc": ("body",), "msg": "", "input": b"a=\xff"}
    (reason,) = reasons_of([fault])
    assert reason.message == "body: a=\ufffd cannot be read here."


def test_a_long_value_is_told_in_few_words() -> None:
    assert len(told(number="号" * 5000).message) < 150
    assert "\ud800" not in told(number="\ud800").message
