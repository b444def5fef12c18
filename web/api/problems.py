"""Which statuses an endpoint answers with, as the OpenAPI document says it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from config.i18n import N_

PROBLEM = "application/problem+json"
EXAMPLE: dict[str, Any] = {
    "type": "urn:xiaohao:problem:guard_failed",
    "title": "The rules do not allow this now.",
    "status": 409,
    "code": "guard_failed",
    "detail": "Give a reason.",
    "reasons": [
        {
            "code": "reason_missing",
            "message": "The reason is missing.",
            "field": "reason",
            "remedy": "Give a reason.",
        }
    ],
}


class ProblemReason(BaseModel):
    """One reason: a stable code, words for people, the field it belongs to, what to do."""

    code: str
    message: str
    field: str = Field(description="Name of the field or header, empty for none.")
    remedy: str


class Problem(BaseModel):
    """Problem details (RFC 9457). Programs read `code` and `reasons[].code`, never the words."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str = Field(description="urn:xiaohao:problem: and the code.")
    title: str
    status: int
    code: str
    detail: str
    reasons: list[ProblemReason]


MEANINGS = {
    400: N_("The request cannot be read."),
    401: N_("No token, or one that does not count."),
    403: N_("The person may not do this, or the token lacks the scope."),
    404: N_("There is no such thing, or the person may not know that there is."),
    408: N_("The body took too long."),
    409: N_("The rules do not allow this now; the reasons say why."),
    412: N_("Somebody else changed it meanwhile; the reasons say who and what."),
    413: N_("The body is too large."),
    422: N_("Something in the entry is wrong; the reasons name the fields."),
    429: N_("Too many calls."),
    500: N_("A fault of ours."),
    503: N_("The database is busy or away, or a disk is full."),
}
_HEADERS = {
    401: {"WWW-Authenticate": "Bearer, with the error's name (RFC 6750)."},
    429: {"Retry-After": "Seconds to wait."},
    503: {"Retry-After": "Seconds to wait."},
}
_ALWAYS = (401, 403, 422, 429, 500, 503)
READS = _ALWAYS
FINDS = (*_ALWAYS, 404)
WRITES = (*_ALWAYS, 400, 404, 408, 409, 413)
ACTS = (*WRITES, 412)
"""Statuses of endpoints that read, find one thing, write, and act on one version."""


def refusals(statuses: tuple[int, ...]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint for these statuses."""
    return {status: _refusal(status) for status in sorted(statuses)}


def _refusal(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": MEANINGS[status],
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _HEADERS:
        found["headers"] = {n: header(text) for n, text in _HEADERS[status].items()}
    return found


def header(text: str) -> dict[str, Any]:
    """A header of an answer."""
    return {"description": text, "schema": {"type": "string"}}


ETAG = {"ETag": header("The record's version, for If-Match.")}
REPLAYED = {"Idempotent-Replayed": header("true when the first answer is given again.")}
