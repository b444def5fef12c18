"""统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the others. Pure."""

from __future__ import annotations

import unicodedata

from config.i18n import gettext as _
from workflow.errors import Malformed, Reason

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters; I, O, S, V and Z are left out."""
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_character(first: str) -> str:
    """The 18th character that belongs to the first 17."""
    total = sum(
        ALPHABET.index(character) * weight for character, weight in zip(first, WEIGHTS, strict=True)
    )
    return ALPHABET[(31 - total % 31) % 31]


def checked(text: str) -> str:
    """The code as it is kept, empty for none. Raises `Malformed` on the field `credit_code`."""
    code = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    if not code:
        return ""
    if len(code) != 18 or not set(code) <= set(ALPHABET):
        raise _refused(_("A credit code has 18 digits and capital letters without I, O, S, V, Z."))
    if check_character(code[:17]) != code[17]:
        raise _refused(_("The last character of the credit code does not fit the others."))
    return code


def _refused(message: str) -> Malformed:
    remedy = _("Copy it from the business licence, or leave it empty.")
    return Malformed(Reason("credit_code_malformed", message, "credit_code", remedy))
