"""The national code of an investment project (项目代码, GB/T 40058-2021).

24 characters with hyphens, `YYMM-RRRRRR-DD-TT-NNNNNC`: time, region, central department, type,
five random digits and a check digit. The check digit is not checked (its algorithm is not in the
sources) and no region is prescribed. Codes given before the standard may begin with their year.
"""

from __future__ import annotations

import re
import unicodedata

from config.i18n import gettext as _
from config.project_rules import project_rules
from workflow.errors import Malformed, Reason

_PARTS = (4, 6, 2, 2, 6)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))
_SHAPE = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")
EXAMPLE = "2401-320412-89-01-123456"


def tidy(text: str) -> str:
    """A code as it is kept: plain digits, hyphens, no blanks; 20 bare digits get their hyphens."""
    closed = "".join(unicodedata.normalize("NFKC", text).split())
    plain = unicodedata.normalize("NFKC", closed).translate(_DASHES)
    if len(plain) == sum(_PARTS) and plain.isascii() and plain.isdigit():
        return _hyphened(plain)
    return plain


def _hyphened(digits: str) -> str:
    found, start = [], 0
    for length in _PARTS:
        found.append(digits[start : start + length])
        start += length
    return "-".join(found)


def faults(text: str) -> list[Reason]:
    """What is wrong with a code as `tidy` leaves it; nothing for a missing one (before filing)."""
    if not text:
        return []
    if not _SHAPE.fullmatch(text):
        return [_fault("code_shape", _shape_text(text))]
    time = text[:4]
    rules = project_rules()
    if rules.first_legacy_year <= int(time) <= rules.last_legacy_year:
        return []
    if not 1 <= int(time[2:]) <= 12:
        message = _(
            "{time} is neither a year and month (month 01 to 12) nor a year from {first} to {last}."
        ).format(time=time, first=rules.first_legacy_year, last=rules.last_legacy_year)
        return [_fault("code_time", message)]
    return []


def _shape_text(text: str) -> str:
    found = [len(part) for part in text.split("-")]
    if not set(text) <= set("0123456789-"):
        return _("The project code may hold only digits and hyphens.")
    if len(found) != len(_PARTS):
        return _("The project code has {n} groups; it must have 5.").format(n=len(found))
    return _("The groups of the project code have {found} digits; they must have {wanted}.").format(
        found=", ".join(map(str, found)), wanted=", ".join(map(str, _PARTS))
    )


def _fault(code: str, message: str) -> Reason:
    remedy = _("Copy it from the filing, e.g. {example}; leave it empty before filing.")
    return Reason(code, message, "code", remedy.format(example=EXAMPLE))


def check(text: str) -> str | None:
    """The code as it is kept, None for none. Raises `Malformed` saying what is wrong with it."""
    found = tidy(text)
    wrong = faults(found)
    if wrong:
        raise Malformed(*wrong)
    return found or None
