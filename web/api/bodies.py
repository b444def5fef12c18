"""Bodies of acts, made from the fields that portal and API share.

Shapes only are checked here. Whether something is missing or may not be is the engine's to say,
so that the API refuses what the portal refuses, in the same words; `required` in the document
tells what a form would mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, create_model

from config.i18n import gettext as _
from web.actions.base import Field as Asked
from workflow.commands.proof import Proof
from workflow.errors import Malformed, Reason
from workflow.guards_closure import EVIDENCE_KINDS

MOST_ITEMS = 200
_FREE = ("line", "text")
_FORMATS = {"date": "date"}
_LEVEL = re.compile(r"[Ll][0-9]{1,3}", re.ASCII)


class ProofNamed(BaseModel):
    """Evidence that is kept elsewhere and only named; files go to /tasks/{number}/evidence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "document", "name": "迁改验收单", "note": ""}]},
    )

    kind: str = Field(description=f"One of: {', '.join(EVIDENCE_KINDS)}.")
    name: str
    note: str = ""


def body_model(name: str, fields: Sequence[Asked]) -> type[BaseModel]:
    """The body of an act."""
    chosen: dict[str, Any] = {one.name: (_type(one), _field(one)) for one in fields}
    needed = [one.name for one in fields if not one.optional]
    example = {one.name: one.example for one in fields if one.example is not None}
    extra: dict[str, Any] = {"examples": [example]} if example else {}
    if needed:
        extra["required"] = needed
    config = ConfigDict(extra="forbid", json_schema_extra=extra)
    return create_model(f"{name}Body", __config__=config, **chosen)


def _type(one: Asked) -> Any:
    if one.kind == "evidence":
        return list[ProofNamed] | None
    if one.kind in ("units", "tasks") or one.many:
        return list[str] | None
    if _yes_or_no(one):
        return Annotated[str | bool | None, AfterValidator(_yes)]
    if _numbered(one):
        return Annotated[str | StrictInt | None, AfterValidator(_numeral)]
    return {"flag": bool | None, "number": int | None}.get(one.kind, str | None)


def _yes_or_no(one: Asked) -> bool:
    return one.kind == "choice" and {value for value, _label in one.choices} == {"yes", "no"}


def _yes(value: Any) -> Any:
    """What the API tells as a truth value may be sent back as one."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _numbered(one: Asked) -> bool:
    return one.kind == "choice" and all(value.isdigit() for value, _label in one.choices)


def _numeral(value: Any) -> Any:
    """What the API tells as a number may be sent back as one, or as people write it: L2."""
    text = str(value) if isinstance(value, int) else value
    return text[1:] if isinstance(text, str) and _LEVEL.fullmatch(text) else text


def _field(one: Asked) -> Any:
    extra: dict[str, Any] = {"x-label": one.label, "x-help": one.help or one.note}
    if one.kind == "choice":
        extra["enum"] = [value for value, _label in one.choices] + [None]
    if _yes_or_no(one):
        extra |= {"enum": ["yes", "no", True, False, None]}
    if _numbered(one):
        values = [value for value, _label in one.choices]
        extra["enum"] = [*values, *(f"L{v}" for v in values), *(int(v) for v in values), None]
    if one.kind in _FORMATS:
        extra["format"] = _FORMATS[one.kind]
    said = one.help or one.note
    words = f"{one.label}. {said}" if said else f"{one.label}."
    limits: dict[str, Any] = {}
    if one.kind in ("units", "tasks", "evidence") or one.many:
        limits["max_length"] = MOST_ITEMS
    elif one.kind not in ("flag", "number") and not (_yes_or_no(one) or _numbered(one)):
        limits["max_length"] = 20_000
    return Field(
        default=None,
        description=words,
        examples=[one.example] if one.example is not None else None,
        json_schema_extra=extra,
        **limits,
    )


def plain(body: BaseModel | None) -> dict[str, Any]:
    """What was sent, as plain data; what was left out is left out.

    Raises `Malformed` for NUL, which PostgreSQL cannot even compare with, in what names something.
    """
    sent = body.model_dump(exclude_unset=True) if body is not None else {}
    faults = [name for name, value in sent.items() if _has_nul(value)]
    if faults:
        raise Malformed(
            *(
                Reason(
                    f"{name}_malformed",
                    _("The text contains control characters."),
                    name,
                    _("Enter plain text."),
                )
                for name in faults
            )
        )
    return sent


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(part) for part in value.values())
    return isinstance(value, list) and any(_has_nul(part) for part in value)


def proofs(sent: list[dict[str, Any]] | None) -> tuple[Proof, ...]:
    """Evidence that is named with a submission."""
    return tuple(Proof(one["kind"], one["name"], one.get("note", "")) for one in sent or ())
