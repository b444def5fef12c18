"""A policy as people read it: each rule in words, its value, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.i18n import gettext as _
from config.policy import Policy
from config.policy_parts import BOARD
from models.directory import Directory
from workflow.policy_names import GROUPS, NOTED, VALUES
from workflow.policy_notes import policy_notes
from workflow.timeline_words import value_word
from workflow.wording import category_name, kind_name, limit_text, unit_label, word


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule: its key in the file, words, value, and the comment beside it."""

    key: str
    words: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that belong together."""

    name: str
    title: str
    rows: list[RuleRow]


def groups(policy: Policy, source: str, directory: Directory) -> list[RuleGroup]:
    """Every rule but for limits, ladder and categories, which have tables of their own."""
    notes, plain = _notes(source), policy.model_dump(by_alias=True)
    return [
        RuleGroup(name, _(title), [_row(key, text, plain, notes, directory) for key, text in rows])
        for name, title, rows in GROUPS
    ]


def _row(
    key: str, words: str, plain: Mapping[str, Any], notes: Mapping[str, str], people: Directory
) -> RuleRow:
    section, _dot, name = key.partition(".")
    return RuleRow(key, _(words), _value(plain[section][name], people), notes.get(key, ""))


def _value(value: Any, people: Directory) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.0%}"
    if isinstance(value, (list, tuple)):
        nested = ("–".join(v) if isinstance(v, (list, tuple)) else _value(v, people) for v in value)
        return "、".join(nested) or "—"
    return _word(str(value), people) or "—"


def _word(text: str, people: Directory) -> str:
    if text in VALUES:
        return _(VALUES[text])
    if text in people.by_code:
        return unit_label(people.by_code[text])
    for found in (word("addressee", text), word("role", text), kind_name(text)):
        if found != text:
            return found
    return text


def limits(policy: Policy, source: str) -> list[RuleRow]:
    """Classes of time limits."""
    notes = _notes(source)
    return [
        RuleRow(
            f"limits.{name}",
            name,
            limit_text(limit.unit, limit.n),
            notes.get(f"limits.{name}.n") or notes.get(f"limits.{name}.unit", ""),
        )
        for name, limit in policy.limits.items()
    ]


def ladder(policy: Policy, source: str) -> list[dict[str, Any]]:
    """The ladder's rungs in the order of their offsets."""
    notes = _notes(source)
    return [
        {
            "key": rung.key,
            "level": rung.level,
            "offset": rung.offset,
            "kind": kind_name(rung.kind),
            "mode": rung.mode,
            "to": [word("addressee", name) for name in rung.to],
            "copied": [word("addressee", name) for name in rung.copied],
            "counts": (rung.red_count, rung.yellow_count),
            "note": notes.get(f"ladder.{place}.offset", ""),
        }
        for place, rung in sorted(enumerate(policy.ladder), key=lambda x: (x[1].offset, x[0]))
    ]


def categories(policy: Policy, source: str, people: Directory) -> list[dict[str, Any]]:
    """Categories with who leads, which limit, who verifies, which proof."""
    notes = _notes(source)
    return [
        {
            "code": rules.code,
            "name": category_name(policy, name),
            "lead": _unit(rules.lead, people),
            "limit": _limit(policy, rules.limit),
            "verifier": _unit(rules.verifier, people),
            "min": rules.evidence.min,
            "kinds": [value_word("evidence", kind) for kind in rules.evidence.kinds],
            "site_check": rules.evidence.site_check,
            "keep_gps": rules.evidence.keep_gps,
            "urgent": rules.urgent,
            "note": _joined(notes, f"categories.{name}", ("lead", "limit", "verifier", "evidence")),
        }
        for name, rules in policy.categories.items()
    ]


def _limit(policy: Policy, name: str) -> str:
    found = policy.limits.get(name)
    return f"{limit_text(found.unit, found.n)} ({name})" if found else name


def _unit(code: str, people: Directory) -> str:
    if code == BOARD:
        return _("its own town or street")
    return unit_label(people.by_code[code]) if code in people.by_code else code


def _notes(source: str) -> dict[str, str]:
    """The comments by key, in the present language where they are the shipped ones."""
    return {key: _(note) for key, note in policy_notes(source).items()}


def _joined(notes: Mapping[str, str], path: str, keys: Iterable[str]) -> str:
    """Comments of several values, each with the name that its column has."""
    found = ((key, notes.get(f"{path}.{key}", "")) for key in keys)
    return "; ".join(f"{_(NOTED[key])}: {note}" for key, note in found if note)


def differences(old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    """Keys whose values differ, with the old and the new value; empty where there is none."""
    before, after = _flat(old.model_dump(by_alias=True)), _flat(new.model_dump(by_alias=True))
    keys = [*before, *(key for key in after if key not in before)]
    return [
        (key, before.get(key, ""), after.get(key, ""))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        items = [(str(k), v) for k, v in value.items()]
    elif isinstance(value, (list, tuple)) and any(isinstance(v, Mapping) for v in value):
        items = [(str(v.get("key", n)), v) for n, v in enumerate(value)]
    else:
        plain = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        return {path: plain}
    found: dict[str, str] = {}
    for key, inner in items:
        found |= _flat(inner, f"{path}.{key}" if path else key)
    return found
