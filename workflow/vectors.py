"""Runs files of deadline vectors: given a calendar and a question, the known answer.

The schema, its operations and the choices between conflicting customs stand in
`examples/deadline_vectors.json` (`ops`, `semantic_conflicts`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.i18n import gettext as _
from workflow import vector_values as values
from workflow.calendar import Boundary, CalendarError, Pause, WorkCalendar
from workflow.pauses import Pauses
from workflow.vector_values import MalformedVector, Value

REFUSED = "ERROR"
"""Expected where the calendar or the question must be refused."""
PROVISIONAL = "WARN_CALENDAR_YEAR_UNKNOWN"
"""Expected where the answer rests on a year whose calendar is not published."""


class VectorFileError(ValueError):
    """A vector file cannot be read; the text names the file, the fault and the remedy."""


@dataclass(frozen=True, slots=True)
class VectorResult:
    """The outcome of one vector; reason says why it failed or was refused."""

    id: str
    passed: bool
    expected: str
    actual: str
    op: str
    reason: str = ""


def load_vectors(path: str | Path) -> dict[str, Any]:
    """Read a vector file: a JSON object with a list named "vectors".

    Raises VectorFileError for a file that cannot be read or is not of that form.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise VectorFileError(
            _("{path}: cannot be read ({detail}); check name and rights").format(
                path=path, detail=error.strerror
            )
        ) from None
    except (ValueError, RecursionError) as error:
        raise VectorFileError(
            _("{path}: is no JSON in UTF-8 ({detail}); correct it").format(path=path, detail=error)
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("vectors"), list):
        raise VectorFileError(
            _('{path}: holds no vectors; write an object with a list named "vectors"').format(
                path=path
            )
        )
    return document


def run_vectors(document: Mapping[str, Any]) -> list[VectorResult]:
    """Run every vector of a document, in order; no vector can stop the run.

    A vector that cannot be read, or asks for an unknown operation, is a failed
    result whose reason names the remedy.
    """
    vectors = document.get("vectors")
    if not isinstance(vectors, list):
        reason = _('no vectors found; write a list named "vectors"')
        return [VectorResult("-", False, "", "MALFORMED", "", reason)]
    shared = document.get("calendars")
    calendars = shared if isinstance(shared, Mapping) else {}
    return [_run(raw, f"#{place}", calendars) for place, raw in enumerate(vectors, start=1)]


def _run(raw: object, place: str, calendars: Mapping[str, Any]) -> VectorResult:
    if not isinstance(raw, Mapping):
        return VectorResult(place, False, "", "MALFORMED", "", _("a vector must be an object"))
    name, op = str(raw.get("id") or place), str(raw.get("op", ""))
    expected = values.shown(raw.get("expected"))
    try:
        passed, actual = _judge(raw, op, calendars)
    except CalendarError as error:
        return VectorResult(name, expected == REFUSED, expected, REFUSED, op, str(error))
    except MalformedVector as error:
        return VectorResult(name, False, expected, "MALFORMED", op, str(error))
    except Exception as error:  # a file from elsewhere must not stop the run
        reason = _("{detail}; check the types of the fields").format(
            detail=f"{type(error).__name__}: {error}"
        )
        return VectorResult(name, False, expected, "MALFORMED", op, reason)
    return VectorResult(name, passed, expected, actual, op)


def _judge(raw: Mapping[str, Any], op: str, calendars: Mapping[str, Any]) -> tuple[bool, str]:
    expected, answer = values.field(raw, "expected"), OPERATIONS.get(op)
    if answer is None:
        raise MalformedVector(
            _("op: {op} is unknown; use one of {names}").format(
                op=repr(op), names=", ".join(sorted(OPERATIONS))
            )
        )
    definition = raw.get("calendar", calendars.get(str(raw.get("calendar_id"))))
    case = Case(raw, values.build_calendar(definition))
    actual = answer(case)
    passed, text = _verdict(case, expected, actual), values.shown(actual)
    if raw.get("escalation") is None:
        return passed, text
    moment = _escalation(case, actual)
    wanted = values.field(raw["escalation"], "expected")
    reached = values.matches(wanted, moment, case.calendar.tz)
    note = _(", escalation {moment}").format(moment=values.shown(moment))
    note += "" if reached else _(" instead of {wanted}").format(wanted=wanted)
    return passed and reached, text + note


def _verdict(case: Case, expected: object, actual: Value) -> bool:
    if expected == PROVISIONAL:
        last = case.day_of(actual) if isinstance(actual, date) else case.end_day()
        return case.calendar.touches_provisional(case.start_day(), last)
    if expected == REFUSED:
        return False
    return values.matches(expected, actual, case.calendar.tz)


@dataclass(frozen=True, slots=True)
class Case:
    """A vector with its calendar built; each method reads one of its fields."""

    raw: Mapping[str, Any]
    calendar: WorkCalendar

    def start(self) -> datetime:
        """The moment the vector starts from."""
        return values.parse_moment(values.field(self.raw, "start"), self.calendar.tz, "start")

    def start_day(self) -> date:
        """The day the vector starts from, in the calendar's zone."""
        return self.calendar.local_date(self.start())

    def end(self) -> datetime:
        """The moment in "duration", for operations between two moments."""
        raw = values.field(self.raw, "duration")
        return values.parse_moment(raw, self.calendar.tz, "duration")

    def end_day(self) -> date:
        """The day in "duration"; the start day for operations that have no end."""
        between = isinstance(self.raw.get("duration"), str)
        return self.calendar.local_date(self.end()) if between else self.start_day()

    def day_of(self, value: date) -> date:
        """The day of a computed day or moment."""
        return self.calendar.local_date(value) if isinstance(value, datetime) else value

    def count(self) -> int:
        """The duration as a number of days, negative to count back."""
        return values.whole_number(values.field(self.raw, "duration"), "duration")

    def pauses(self) -> tuple[Pause, ...]:
        """The stop-clock pauses, none if the key is missing."""
        return values.parse_pauses(self.raw.get("pauses"), self.calendar.tz)

    def boundary(self) -> Boundary:
        """What a span ending at closing time answers; "closing" if not given."""
        boundary = self.raw.get("boundary")
        if boundary is None or boundary == "closing":
            return "closing"
        if boundary == "next_opening":
            return "next_opening"
        raise MalformedVector(f"boundary: {boundary!r} is unknown; use closing or next_opening")

    def cut(self, moment: datetime) -> datetime:
        """moment, truncated if the vector says so."""
        unit = self.raw.get("truncate")
        return values.truncated(moment, unit) if unit else moment


def _escalation(case: Case, due: Value) -> datetime:
    """due + offset, in open time or in working days; pauses are spent by then."""
    escalation, calendar = case.raw["escalation"], case.calendar
    if not isinstance(due, datetime) or not isinstance(escalation, Mapping):
        raise MalformedVector("escalation: needs a moment to count from, and offset and expected")
    offset, unit = values.field(escalation, "offset"), escalation.get("unit")
    if values.unit_name(unit) not in {"second", "minute", "hour"}:
        days = values.whole_number(offset, "offset")
        return calendar.add_working_days_keep_clock(due, days, boundary=case.boundary())
    span = values.time_span(offset, unit, "offset")
    return calendar.add_working_time(due, span, boundary=case.boundary())


def _add_working_days(case: Case) -> date:
    day, rule = case.start_day(), str(case.raw.get("day_zero") or "").lower()
    if "roll" in rule:  # by default a start that does not work is day zero all the same
        back = "roll back" in rule or "rolled back" in rule
        day = case.calendar.roll_backward(day) if back else case.calendar.roll_forward(day)
    return case.calendar.add_working_days(day, case.count())


def _add_calendar_days(case: Case) -> date:
    return case.calendar.add_calendar_days(case.start_day(), case.count())


def _add_time(case: Case) -> datetime:
    raw, pauses = case.raw.get("duration"), case.pauses()
    if raw is None:
        raw = values.field(case.raw, "iso_duration")
    span = values.time_span(raw, case.raw.get("unit"), "duration")
    start, boundary = case.start(), case.boundary()
    if "wall" in str(case.raw.get("pause_mode") or ""):
        # Some agreements move the due moment by the whole hold, open hours or not.
        due = case.calendar.add_working_time(start, span, boundary=boundary)
        return case.cut((due.astimezone(UTC) + Pauses(pauses).total()).astimezone(due.tzinfo))
    return case.cut(case.calendar.add_working_time(start, span, pauses, boundary))


def _next_instant(case: Case) -> datetime:
    opening = case.calendar.next_opening(case.start())
    pauses = case.pauses()
    return case.calendar.add_working_time(opening, timedelta(), pauses) if pauses else opening


def _time_between(case: Case) -> float:
    spent = case.calendar.working_time_between(case.start(), case.end(), case.pauses())
    unit = values.unit_span(case.raw.get("unit"))
    return spent // unit if case.raw.get("truncate") else spent / unit


def _days_between(case: Case) -> int:
    return case.calendar.working_days_between(case.start_day(), case.end_day())


def _days_between_inclusive(case: Case) -> int:
    start, end = case.start_day(), case.end_day()
    return case.calendar.working_days_between(start, end, inclusive=True)


def _keep_clock(case: Case) -> datetime:
    due = case.calendar.add_working_days_keep_clock(
        case.start(),
        case.count(),
        end_of_working_day=case.raw.get("end_of_working_day") is True,
        pauses=case.pauses(),
        boundary=case.boundary(),
    )
    return case.cut(due)


def _roll_first(case: Case) -> datetime:
    due = case.calendar.add_working_days_roll_first(
        case.start(), case.count(), pauses=case.pauses(), boundary=case.boundary()
    )
    return case.cut(due)


def _is_working_day(case: Case) -> bool:
    return case.calendar.is_working_day(case.start_day())


def _accepted(case: Case) -> bool:
    return True  # the calendar was built, so it was not refused


OPERATIONS: dict[str, Callable[[Case], Value]] = {
    "date_add_working_days": _add_working_days,
    "date_add_calendar_days_roll_forward": _add_calendar_days,
    "dt_add_business_time": _add_time,
    "next_working_instant": _next_instant,
    "business_time_between": _time_between,
    "business_days_between": _days_between,
    "business_days_between_inclusive": _days_between_inclusive,
    "dt_add_business_days_keep_clock": _keep_clock,
    "dt_add_business_days_roll_first": _roll_first,
    "is_working_day": _is_working_day,
    "calendar_validation": _accepted,
}
