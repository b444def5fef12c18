"""Reading the forms of the targets."""

from __future__ import annotations

from starlette.datastructures import FormData

from config.i18n import gettext as _
from projects.access import OFFICE, require
from web.call import Call
from web.forms import text
from web.navigation import refuse_administrators
from workflow.errors import Malformed, Reason


def of_office(call: Call) -> None:
    """Refuse whoever is not of the office, before anything of a form is looked at."""
    refuse_administrators(call)
    require(call.person, OFFICE, _("Only the office keeps plans."))


def whole_number(sent: FormData, name: str) -> int:
    """A whole number of at most nine digits. Raises `Malformed`."""
    given = text(sent, name).strip()
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        message = _("{value} is no whole number.").format(value=given[:20])
        raise Malformed(Reason("number", message, name, _("Write digits only.")))
    return int(given)


def version(sent: FormData) -> int | None:
    """The version that the form was made from; None where it does not say."""
    return whole_number(sent, "version") if text(sent, "version") else None
