"""Why a file is refused, always with what to do instead."""

from __future__ import annotations

from workflow.errors import Malformed, Reason

FIELD = "evidence"


def refused(code: str, message: str, remedy: str) -> Malformed:
    """A refusal that belongs to the form's field `evidence`."""
    return Malformed(Reason(code, message, FIELD, remedy))
