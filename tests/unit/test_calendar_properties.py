"""The calendar against slow, obvious counting: day by day, quarter by quarter of an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calendars import MON_TO_FRI, day, days
from workflow.calendar import WorkCalendar

SLOW = settings(max_examples=60)
any_day = st.dates(day("2025-12-01"), day("2026-06-30"))


@st.composite
def calendars(draw: st.DrawFn, zones: tuple[str, ...] = ("UTC",)) -> WorkCalendar:
    """Calendars with gaps, split days and make-up days, closing on whole hours."""
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
    holidays = draw(st.sets(any_day, max_size=25))
    extra = draw(st.sets(any_day, max_size=15)) - holidays
    marks = st.lists(
        st.sampled_from([0, 4, 8, 9, 12, 13, 17, 18, 24]), min_size=2, max_size=6, unique=True
    )
    hours = {}
    for number in range(7):
        clock = [f"{hour:02}:00" for hour in sorted(draw(marks))]
        hours[number] = list(zip(clock[::2], clock[1::2], strict=False))
    chosen = {number: hours[number] for number in range(7)}
    return WorkCalendar(
        tz=draw(st.sampled_from(zones)),
        weekdays=weekdays,
        hours=draw(st.sampled_from([None, chosen])),
        holidays=holidays,
        extra_workdays=extra,
    )


def slow_add(calendar: WorkCalendar, start: date, n: int) -> date:
    step = timedelta(days=1 if n > 0 else -1)
    while n:
        start += step
        if calendar.is_working_day(start):
            n -= 1 if n > 0 else -1
    return start


@given(calendars(), any_day, st.integers(-60, 60))
def test_adding_working_days_is_stepping_day_by_day(
    calendar: WorkCalendar, start: date, n: int
) -> None:
    assert calendar.add_working_days(start, n) == slow_add(calendar, start, n)


@given(calendars(), any_day, st.integers(-60, 60))
def test_counting_back_undoes_counting_forward_from_a_working_day(
    calendar: WorkCalendar, start: date, n: int
) -> None:
    start = calendar.roll_forward(start)
    there = calendar.add_working_days(start, n)
    assert calendar.add_working_days(there, -n) == start
    assert calendar.working_days_between(min(start, there), max(start, there)) == abs(n)


@given(calendars(), any_day, any_day)
def test_working_and_skipped_days_are_all_the_days(
    calendar: WorkCalendar, one: date, other: date
) -> None:
    start, end = min(one, other), max(one, other)
    worked = calendar.working_days_between(start, end, inclusive=True)
    skipped = calendar.skipped_days(start, end)
    assert worked + len(skipped) == (end - start).days + 1
    assert not any(calendar.is_working_day(each.day) for each in skipped)


@given(calendars(), any_day, st.integers(-40, 40))
def test_a_calendar_day_limit_ends_on_the_first_working_day_from_then(
    calendar: WorkCalendar, start: date, n: int
) -> None:
    due = start + timedelta(days=n)
    while not calendar.is_working_day(due):
        due += timedelta(days=1)
    assert calendar.add_calendar_days(start, n) == due


# Clock changes of Berlin (29 March) and New York (8 March) lie inside.
moments = st.integers(0, 24 * 4 * 45).map(
    lambda quarter: datetime(2026, 2, 20, tzinfo=UTC) + timedelta(minutes=15 * quarter)
)
Span = tuple[datetime, datetime]
pause_lists = st.lists(
    st.tuples(moments, st.integers(0, 300)).map(
        lambda pause: (pause[0], pause[0] + timedelta(minutes=15 * pause[1]))
    ),
    max_size=4,
)
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York")
QUARTER = timedelta(minutes=15)


def is_open(calendar: WorkCalendar, moment: datetime, pauses: list[Span]) -> bool:
    """Whether a quarter of an hour counts, read off the local clock and the hours."""
    local = moment.astimezone(calendar.tz)
    if not calendar.is_working_day(local.date()):
        return False
    open_hours = HOURS if local.weekday() < 5 else SHORT
    clock = local.hour * 60 + local.minute
    within = any(opened <= clock < closed for opened, closed in open_hours)
    return within and not any(start <= moment < end for start, end in pauses)


HOURS = [(0, 240), (480, 720), (780, 1440)]
SHORT = [(540, 720)]


def night_office(tz: str, holidays: set[date], extra: set[date]) -> WorkCalendar:
    """Weekdays 00-04, 08-12, 13-24; make-up weekends 09-12."""
    weekday = [("00:00", "04:00"), ("08:00", "12:00"), ("13:00", "24:00")]
    return WorkCalendar(
        tz=tz,
        weekdays=MON_TO_FRI,
        hours=dict.fromkeys(MON_TO_FRI, weekday),
        holidays=holidays,
        extra_workdays=extra - holidays,
        extra_hours=[("09:00", "12:00")],
    )


offices = st.builds(
    night_office,
    st.sampled_from(ZONES),
    st.sets(any_day, max_size=20),
    st.sets(st.sampled_from(days("2026-02-21~22", "2026-03-07~8", "2026-03-28~29"))),
)


@SLOW
@given(offices, moments, moments, pause_lists)
def test_time_between_is_counting_open_quarters(
    calendar: WorkCalendar, start: datetime, end: datetime, pauses: list[Span]
) -> None:
    total, moment = timedelta(), start
    while moment < end:
        total += QUARTER * is_open(calendar, moment, pauses)
        moment += QUARTER
    assert calendar.working_time_between(start, end, pauses) == total


@SLOW
@given(offices, moments, st.integers(1, 150), pause_lists)
def test_adding_time_is_waiting_for_open_quarters(
    calendar: WorkCalendar, start: datetime, quarters: int, pauses: list[Span]
) -> None:
    moment, left = start, quarters
    while left:
        left -= is_open(calendar, moment, pauses)
        moment += QUARTER
    due = calendar.add_working_time(start, quarters * QUARTER, pauses)
    assert due.astimezone(UTC) == moment


@SLOW
@given(offices, moments, st.integers(1, 150), pause_lists)
def test_taking_time_away_is_going_back_over_open_quarters(
    calendar: WorkCalendar, start: datetime, quarters: int, pauses: list[Span]
) -> None:
    moment, left = start, quarters
    while left:
        moment -= QUARTER
        left -= is_open(calendar, moment, pauses)
    due = calendar.add_working_time(start, -quarters * QUARTER, pauses)
    assert due.astimezone(UTC) == moment


@given(calendars(ZONES), moments, st.integers(1, 10**7), pause_lists)
def test_the_time_added_is_the_time_found_between(
    calendar: WorkCalendar, start: datetime, seconds: int, pauses: list[Span]
) -> None:
    span = timedelta(seconds=seconds % 400_000)
    due = calendar.add_working_time(start, span, pauses)
    assert calendar.working_time_between(start, due, pauses) == span
    back = calendar.add_working_time(start, -span, pauses)
    assert calendar.working_time_between(back, start, pauses) == span


@given(calendars(ZONES), moments, st.integers(0, 10**5), st.integers(0, 10**5))
def test_two_spans_in_a_row_are_their_sum(
    calendar: WorkCalendar, start: datetime, one: int, other: int
) -> None:
    first, second = timedelta(seconds=one), timedelta(seconds=other)
    halfway = calendar.add_working_time(start, first)
    assert calendar.add_working_time(halfway, second) == calendar.add_working_time(
        start, first + second
    )


@given(calendars(ZONES), moments)
def test_the_next_opening_is_the_first_open_moment(calendar: WorkCalendar, start: datetime) -> None:
    opening = calendar.next_opening(start)
    assert opening >= start
    assert calendar.working_time_between(start, opening) == timedelta()
    assert calendar.working_time_between(opening, opening + timedelta(minutes=1)) > timedelta()
