"""What an event of the history says, in the words of whoever reads it.

Units and persons appear by name, moments in the zone's time, codes as words. The event itself
keeps what was written (`data`), for machines and for the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.i18n import gettext as _
from config.policy import Policy
from workflow.context import Context
from workflow.timeline_values import ALONE, EMPTY, listed, plain
from workflow.timeline_words import HIDDEN, LABELS, label, value_word
from workflow.wording import (
    category_name,
    kind_name,
    limit_text,
    state_name,
    unit_label,
    unit_name,
    word,
)

Detail = dict[str, str]

_CODED = {
    "title": "title",
    "description": "description",
    "no_project_reason": "no_project_reason",
    "category": "category",
    "problem": "problem",
    "measures": "measures",
    "lead_unit_id": "lead_unit",
    "due_at": "deadline",
}
"""Fields that an edit or an adjustment changes, with the label of each."""


@dataclass(slots=True)
class Told:
    """One event in words: what changed from what to what, and everything else it says."""

    changes: list[Detail] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    def change(self, name: str, before: str, after: str) -> None:
        """Add a change, unless nothing has changed."""
        if before != after:
            self.changes.append({"name": label(name), "before": before, "after": after})

    def detail(self, name: str, text: str) -> None:
        """Add a particular, unless it is empty."""
        if text:
            self.details.append({"name": label(name), "text": text})


@dataclass(frozen=True, slots=True)
class _Side:
    """An event as it would be with one side of a change: a limit is told with its own number."""

    tag: str
    task_id: int | None
    data: Mapping[str, Any]


@dataclass(slots=True)
class Teller:
    """Tells events of one issue; `record` of an event is its task, or the issue."""

    ctx: Context
    zone: ZoneInfo
    issue: Any
    tasks: Mapping[int, Any]

    def told(self, event: Any) -> Told:
        """The changes and particulars of an event, in the present language."""
        found, used = Told(), set(HIDDEN)
        for tell in (self._moved, self._redated, self._rewritten, self._old):
            used |= tell(found, event)
        for name, value in _in_order(event.data):
            if name not in used and value not in EMPTY:
                for text in self._texts(name, value, event):
                    found.detail(name, text)
        return found

    def wanted(self, changes: Mapping[str, Any]) -> list[Detail]:
        """What a request for an adjustment asks for: each field with the text it shall have."""
        return [
            {"name": label(_CODED.get(name, str(name))), "text": self._field(name, value, None)}
            for name, value in _in_order(changes)
        ]

    # ------------------------------------------------------------ changes

    def _moved(self, found: Told, event: Any) -> set[str]:
        data = event.data
        if "from" in data and "to_light" in data:
            found.change("light", word("light", data["from"]), word("light", data["to_light"]))
        elif "from" in data and "to" in data:
            found.change("state", *(self._state(event, data[side]) for side in ("from", "to")))
        if "from_version" in data and "to_version" in data:
            found.change(
                "definition",
                *(_("version {n}").format(n=data[f"{side}_version"]) for side in ("from", "to")),
            )
        return {"from", "to", "to_light", "from_version", "to_version"}

    def _state(self, event: Any, state: str) -> str:
        record = self._record(event)
        definition = self.ctx.workflow(record.workflow_version_id)
        own = definition.machine("task" if event.task_id in self.tasks else "issue")
        name = state_name(own, state)
        return name if name != state else _("a state of another definition")

    def _redated(self, found: Told, event: Any) -> set[str]:
        data = event.data
        if not data.get("old_due") or not data.get("new_due"):
            return set()
        found.change("deadline", self._moment(data["old_due"]), self._moment(data["new_due"]))
        return {"old_due", "new_due"}

    def _rewritten(self, found: Told, event: Any) -> set[str]:
        old, new = event.data.get("old"), event.data.get("new")
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            return set()
        for name, _value in _in_order(new):
            before, after = (
                self._field(name, side.get(name), _Side(event.tag, event.task_id, side))
                for side in (old, new)
            )
            found.change(_CODED.get(name, str(name)), before, after)
        return {"old", "new"}

    def _field(self, name: str, value: Any, event: Any) -> str:
        return "" if value in EMPTY else " ".join(self._texts(name, value, event))

    def _old(self, found: Told, event: Any) -> set[str]:
        data = event.data
        if event.tag == "issue.coordinate":
            found.change("coordination_level", f"L{data.get('old')}", f"L{data.get('level')}")
            return {"old", "level"}
        if event.tag == "issue.review_park":
            found.change("review_on", str(data.get("old") or ""), str(data.get("review_on")))
            return {"old", "review_on"}
        return set()

    # ------------------------------------------------------------ particulars

    def _record(self, event: Any) -> Any:
        return self.tasks.get(event.task_id, self.issue)

    def _policy(self, event: Any) -> Policy:
        return self.ctx.policy(self._record(event).policy_version_id)

    def _texts(self, name: str, value: Any, event: Any) -> Iterator[str]:
        if name == "changes" and isinstance(value, Mapping):
            yield from ("{name}: {text}".format(**item) for item in self.wanted(value))
            return
        if name == "limit_n":
            return  # told with its class
        tell = _TELLING.get(name)
        yield tell(self, value, event) if tell is not None else plain(value)

    def _moment(self, text: str) -> str:
        try:
            moment = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            return str(text)
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _when(self, value: Any, _event: Any) -> str:
        return self._moment(value)

    def _unit_of_id(self, value: Any, _event: Any) -> str:
        return unit_name(self.ctx.directory, value)

    def _unit_as_typed(self, value: Any, _event: Any) -> str:
        unit = self.ctx.directory.find_unit(str(value))
        return unit_label(unit) if unit is not None else str(value)

    def _units(self, value: Any, event: Any) -> str:
        names = [value] if isinstance(value, str) else value
        return listed([self._unit_as_typed(name, event) for name in names])

    def _person(self, value: Any, _event: Any) -> str:
        person = self.ctx.directory.by_username.get(value)
        return person.name if person is not None else str(value)

    def _category(self, value: Any, event: Any) -> str:
        return category_name(self._policy(event), value)

    def _limit_class(self, value: Any, event: Any) -> str:
        limit = self._policy(event).limits.get(value)
        if limit is None:
            return _("a time limit of another policy")
        return limit_text(limit.unit, event.data.get("limit_n") or limit.n)

    def _kind(self, value: Any, event: Any) -> str:
        if event.tag == "task.add_evidence":
            return value_word("evidence", value)
        if event.tag == "task.withdraw_request":
            return word("request", value)
        return kind_name(value)

    def _rung(self, value: Any, event: Any) -> str:
        if "kind" in event.data:
            return ""  # the kind of notice names the step
        rung = next((r for r in self._policy(event).ladder if r.key == value), None)
        return kind_name(rung.kind) if rung is not None else _("a step of another policy")

    def _reason(self, value: Any, event: Any) -> str:
        lights = ("task.light", "issue.light")
        return word("reason", value) if event.tag in lights else str(value)

    def _evidence(self, value: Any, _event: Any) -> str:
        return listed([f"{value_word('evidence', e['kind'])} {e['name']}" for e in value])

    def _waived(self, value: Any, _event: Any) -> str:
        return listed([value_word("guard", name) for name in value])


_Telling = Callable[[Teller, Any, Any], str]
_TELLING: dict[str, _Telling] = {
    **dict.fromkeys(
        ("due", "due_at", "new_due", "new_due_at", "old_due", "fixed_due", "paused_at"),
        Teller._when,
    ),
    **dict.fromkeys(("lead_unit_id", "suggested_unit_id"), Teller._unit_of_id),
    **dict.fromkeys(
        ("unit", "by_unit", "reassign_to", "lead_unit", "verifier_unit"), Teller._unit_as_typed
    ),
    "co_units": Teller._units,
    **dict.fromkeys(("responsible_leader", "responsible_person"), Teller._person),
    "category": Teller._category,
    "limit_class": Teller._limit_class,
    "kind": Teller._kind,
    "rung": Teller._rung,
    "reason": Teller._reason,
    "evidence": Teller._evidence,
    "waived": Teller._waived,
    **ALONE,
}


_PLACES = {name: place for place, name in enumerate(LABELS)}


def _in_order(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Particulars in the order of the labels: a database keeps no order of its own."""
    last = len(_PLACES)
    return sorted(
        data.items(), key=lambda item: (_PLACES.get(_CODED.get(item[0], item[0]), last), item[0])
    )
