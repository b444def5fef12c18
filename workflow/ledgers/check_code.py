"""The check code of an exported line: what it said, so that a later change of it is noticed.

Four hexadecimal digits for each field that comes back; a letter before them, lest a spreadsheet
take the code for a number. It tells a value that has changed since, not one that was forged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from config.i18n import gettext as _
from workflow.errors import Reason

FIELDS = {
    "title": "title",
    "description": "problem",
    "category": "category",
    "project": "project",
    "board": "board",
    "found_on": "found_on",
    "measures": "measures",
    "lead": "lead",
    "co_units": "co_units",
    "deadline": "due",
}
"""Fields of a mapping with the columns of the ledger that they come from, in the code's order."""

_DIGITS = 4
_CODE = re.compile(f"x[0-9a-f]{{{_DIGITS * len(FIELDS)}}}")


def check_code(values: Mapping[str, Any], category: str) -> str:
    """The code of a line by its values; `category` is the policy's own name, in no language."""
    texts = (category if f == "category" else values.get(c) for f, c in FIELDS.items())
    return "x" + "".join(_digits(text) for text in texts)


def changed_since(given: str, present: str, fields: Iterable[str], number: str) -> list[Reason]:
    """Why these fields of a line, which differ from the file's, may not be brought in line: they
    are not as they were when the line was exported. `given` is the code in the file."""
    code = given.strip().lower()
    if not _CODE.fullmatch(code):
        return [_damaged()]
    return [_changed(f, number) for f in sorted(fields) if _part(code, f) != _part(present, f)]


def _digits(value: Any) -> str:
    text = "" if value is None else str(value)
    return blake2b(text.encode(), digest_size=_DIGITS // 2).hexdigest()


def _part(code: str, field: str) -> str:
    """The digits of a field; none where an own mapping reads a field that no code covers."""
    if field not in FIELDS:
        return ""
    start = 1 + _DIGITS * list(FIELDS).index(field)
    return code[start : start + _DIGITS]


def _changed(field: str, number: str) -> Reason:
    return Reason(
        "changed_since_export",
        _("This field of {number} has been changed since the export.").format(number=number),
        field,
        _("Export the ledger again and make your change in the new file."),
    )


def _damaged() -> Reason:
    return Reason(
        "check_code_damaged",
        _("The check code is not as it was exported."),
        "check_code",
        _("Leave this column as it is, or export the ledger again."),
    )
