"""What is wrong with a value of a wrong shape, in the reader's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from config.i18n import N_
from config.i18n import gettext as _
from workflow.errors import Reason

Fault = Mapping[str, Any]
_WORDS_ONLY = re.compile(r"\^\(([a-z_|]+)\)\$")
"""How the API's parameters write that they take some words only."""
_MEMBERS = {"str", "bool", "int", "float"}
"""How the library names the members of a union behind the field that takes any of them."""
_REMEDIES = {
    "missing": N_("Fill in this field."),
    "extra_forbidden": N_("Leave it out."),
    "json_invalid": N_("Send valid JSON."),
    "string_type": N_("Send a text."),
    "string_unicode": N_("Send a text."),
    "string_too_long": N_("Enter plain text of at most {max_length} characters."),
    "string_too_short": N_("Enter at least {min_length} characters."),
    "too_long": N_("Send at most {max_length} of them."),
    "too_short": N_("Send at least {min_length} of them."),
    "bool_type": N_("Send true or false."),
    "bool_parsing": N_("Send true or false."),
    "int_type": N_("Send a whole number."),
    "int_parsing": N_("Send a whole number."),
    "int_parsing_size": N_("Send a whole number."),
    "int_from_float": N_("Send a whole number."),
    "list_type": N_("Send a list."),
    "dict_type": N_("Send an object."),
    "model_type": N_("Send an object."),
    "model_attributes_type": N_("Send an object."),
    "greater_than_equal": N_("Choose at least {ge}."),
    "greater_than": N_("Choose more than {gt}."),
    "less_than_equal": N_("Choose at most {le}."),
    "less_than": N_("Choose less than {lt}."),
    "string_pattern_mismatch": N_("Write it in the form {pattern}."),
    "literal_error": N_("Use one of: {expected}."),
    "enum": N_("Use one of: {expected}."),
}
"""What to do about each kind of fault; the names are those of the fault's own context."""


def reasons_of(faults: Iterable[Fault]) -> tuple[Reason, ...]:
    """One reason a field, in the order of the faults."""
    found: dict[str, Reason] = {}
    for fault in faults:
        name = _name(fault)
        found.setdefault(name, Reason(str(fault["type"]), _message(fault, name), name, _way(fault)))
    return tuple(found.values())


def _name(fault: Fault) -> str:
    """The field's name; a body that is no JSON at all has none, only a place where it broke."""
    place = [str(part) for part in fault["loc"]]
    if fault["type"] == "json_invalid":
        return place[0]
    if len(place) > 2 and place[-1] in _MEMBERS:
        place.pop()
    return ".".join(place[1:]) or place[0]


def _message(fault: Fault, name: str) -> str:
    if fault["type"] == "missing":
        return _("{field} is missing.").format(field=name)
    if fault["type"] == "extra_forbidden":
        return _("{name} is not known here.").format(name=name)
    if fault["type"] == "string_too_long":
        return _("The text is too long ({n} characters).").format(n=len(fault["input"]))
    text = _shown(fault.get("input"))
    return _("{name}: {text} cannot be read here.").format(name=name, text=text)


def _shown(value: Any) -> str:
    """The value as JSON has it, in few words."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value[:80].encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return str(value)[:80]
    return "[…]" if isinstance(value, list) else "{…}"


def _way(fault: Fault) -> str:
    context = dict(fault.get("ctx") or {})
    words = _WORDS_ONLY.fullmatch(str(context.get("pattern", "")))
    if words is not None:
        return _("Use one of: {names}.").format(names=", ".join(words[1].split("|")))
    remedy = _REMEDIES.get(str(fault["type"]))
    return _(remedy).format(**context) if remedy else _("Correct this value.")
