"""A project's history as its readers may read it."""

from __future__ import annotations

from typing import Any

from config.i18n import gettext as _
from projects.history import Entry, read
from projects.library import comparing, fields
from projects.library.records import stream
from web.call import Call
from workflow.wording import unit_name, word

SECRET = "contact_phone"
MOST = 60
Data = dict[str, Any]


def history_of(call: Call, project_id: int, *, phones: bool) -> list[Data]:
    """The newest entries of a project, each with what it says in words."""
    found = []
    for entry in read(call.s, stream(project_id), limit=MOST):
        if entry.tag not in _TELLERS:
            continue  # other registers tell their acts in their own parts
        found.append({
            "at": entry.at,
            "what": word("project_act", entry.tag),
            "who": call.directory.person_name(entry.actor_id) or _("the system by itself"),
            "lines": [line for line in _TELLERS[entry.tag](call, entry) if phones or not line[3]],
        })  # fmt: skip
    return found


Line = tuple[str, str, str, bool]
"""Label, before, after, and whether it is only for those who may telephone."""


def _line(label: str, after: Any, before: Any = "") -> Line:
    return label, str(before or ""), str(after if after is not None else ""), False


def _changes(call: Call, entry: Entry) -> list[Line]:
    found = []
    for name, (old, new) in entry.data.get("changes", {}).items():
        field = "parent" if name == "parent_id" else name
        if field not in fields.BY_NAME:
            continue
        before, after = (_plain(call, field, value) for value in (old, new))
        found.append((comparing.label(field), before, after, field == SECRET))
    return found


def _plain(call: Call, field: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return comparing.told(field, str(value), call.directory)


def _stage(_call: Call, entry: Entry) -> list[Line]:
    before, after = entry.data["stage"]
    told = f"{word('stage', after)} {entry.data['since']}"
    found = [_line(_("Stage"), told, word("stage", before))]
    note = [_line(_("Note"), entry.data["note"])] if entry.data["note"] else []
    return found + note


def _listed(_call: Call, entry: Entry) -> list[Line]:
    data = entry.data
    found = [_line(_("Project list"), comparing.list_name(data["list"], data["year"]))]
    told = {"library": _("Library"), "source_id": _("Id in the library"), "reason": _("Reason"),
            "removed_on": _("Off the list since"), "note": _("Note")}  # fmt: skip
    return found + [_line(label, data[name]) for name, label in told.items() if data.get(name)]


def _duty(call: Call, entry: Entry) -> list[Line]:
    data = entry.data
    role = word("duty", data["role"])
    return [_line(role, _holder(call, data), _holder(call, data.get("before") or {}))]


def _holder(call: Call, data: Data) -> str:
    named = call.directory.person_name(data.get("person_id")) or data.get("name", "")
    told = (unit_name(call.directory, data.get("unit_id")), named, data.get("since", ""))
    return " ".join(text for text in told if text)


def _attributed(call: Call, entry: Entry) -> list[Line]:
    unit = unit_name(call.directory, entry.data["board"])
    return [_line(_("Counted in"), unit or "—"), _line(_("Reason"), entry.data["reason"])]


def _tag(_call: Call, entry: Entry) -> list[Line]:
    return [_line(word("tag_kind", entry.data["kind"]), entry.data["tag"])]


def _merged(call: Call, entry: Entry) -> list[Line]:
    found = [_line(_("Merged from"), _("no. {id}").format(id=entry.data["from"]))]
    for name, text in entry.data["taken"].items():
        told = comparing.told(name, text, call.directory)
        found.append((comparing.label(name), "", told, name == SECRET))
    for label, names in ((_("Moved along"), "moved"), (_("Stayed with that record"), "stay")):
        registers = [word("register", name) for name in entry.data.get(names, ())]
        if registers:
            found.append(_line(label, _(", ").join(registers)))
    return found


def _seeded(_call: Call, entry: Entry) -> list[Line]:
    data = entry.data
    found = []
    if "stage" in data:
        found.append(_line(_("Stage"), f"{word('stage', data['stage'])} {data['since']}"))
    if "list" in data:
        found.append(_line(_("Project list"), comparing.list_name(data["list"], data["year"])))
    return found


_TELLERS: dict[str, Any] = {
    "project.added": lambda call, entry: [],
    "project.seeded": _seeded,
    "project.edited": _changes,
    "project.attributed": _attributed,
    "project.stage": _stage,
    "project.listed": _listed,
    "project.delisted": _listed,
    "project.duty": _duty,
    "project.duty_ended": _duty,
    "project.tagged": _tag,
    "project.untagged": _tag,
    "project.merged": _merged,
    "project.merged_away": lambda call, entry: [],
}
