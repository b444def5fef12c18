"""A project as the API tells it."""

from __future__ import annotations

from typing import Any

from projects.access import may_report
from projects.library import bands, duties, fields, listings, merging, stages, tags
from web.api.moments import local
from web.call import Call

Data = dict[str, Any]


def line(call: Call, row: Any) -> Data:
    """A project as lists tell it."""
    band = bands.band_of(row)
    alike = ("id", "version", "name", "code", "stage", "light", "owner", "carried_over", "year")
    amounts = ("total_invest_yi", "total_invest_usd_wan")
    return {name: getattr(row, name) for name in alike} | {
        "stage_since": _day(row.stage_since),
        "board": _unit(call, row.board_id),
        "attributed_board": _unit(call, row.attributed_board_id),
        "band": band.code if band is not None else None,
        **{n: fields.shown(fields.BY_NAME[n], getattr(row, n)) or None for n in amounts},
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None


def _unit(call: Call, unit_id: int | None) -> str | None:
    unit = call.directory.units.get(unit_id or 0)
    return unit.code if unit is not None else None


def record(call: Call, row: Any) -> Data:
    """What one project's answer tells beyond its line."""
    told = merging.facts(call.s, [row])[row.id]
    if not may_report(call.s, call.person, row):
        told["contact_phone"] = ""
    people = call.directory.people
    return {
        "fields": {name: told[name] for name in fields.BY_NAME},
        "light_reason": row.light_reason,
        "actual_start_on": _day(row.actual_start_on),
        "actual_finish_on": _day(row.actual_finish_on),
        "attribution_reason": row.attribution_reason,
        "merged_into": row.merged_into_id,
        "listings": [_listing(e) for e in listings.of(call.s, [row.id])[row.id]],
        "stages": [_step(call, s) for s in stages.timeline(call.s, [row.id])[row.id]],
        "duties": [
            {"role": d.role, "unit": _unit(call, d.unit_id), "name": d.name,
             "person": people[d.person_id].username if d.person_id in people else None,
             "since": _day(d.since), "until": _day(d.until)}
            for d in duties.chain(call.s, [row.id])[row.id]
        ],
        "tags": [{"kind": t.kind, "tag": t.tag} for t in tags.of(call.s, [row.id])[row.id]],
    }  # fmt: skip


def _listing(entry: Any) -> Data:
    plain_ones = ("id", "year", "library", "source_id", "carried_over", "note")
    return {name: getattr(entry, name) for name in plain_ones} | {
        "list": entry.list_code,
        "listed_on": _day(entry.listed_on),
        "removed_on": _day(entry.removed_on),
    }


def _step(call: Call, step: stages.Step) -> Data:
    return {
        "stage": step.stage,
        "since": _day(step.since),
        "recorded_at": local(call, step.recorded_at),
        "note": step.note,
        "standing": step.standing,
    }
