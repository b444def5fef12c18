"""Optimistic concurrency: ETags name a record's version, `If-Match` gives it back.

The tag says which version of the issue's or task's own row was seen; it is not a hash of the
answer (lights and names change without it), so there is no 304 and caches are told to keep off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Header

from config.i18n import gettext as _
from web.api.faults import Precondition
from workflow.errors import Malformed, Reason, StaleVersion

_TAG = re.compile(r'"([0-9]{1,9})"')
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag that was seen last; another version is refused with 412.",
        examples=['"3"'],
        max_length=100,
    ),
]


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def expected(if_match: str | None) -> int | None:
    """The version that a caller has seen; None where none is named. Raises `Malformed`."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Malformed(
            Reason(
                "if_match_malformed",
                _("This is no ETag of ours."),
                "If-Match",
                _("Send back one ETag as it was given, with its quotation marks."),
            )
        )
    return int(found[1])


@contextmanager
def matching(if_match: str | None) -> Iterator[int | None]:
    """The expected version; a conflict with it is 412, one that nobody has named stays 409."""
    version = expected(if_match)
    try:
        yield version
    except StaleVersion as error:
        if version is None:
            raise
        raise Precondition.of(error) from None
