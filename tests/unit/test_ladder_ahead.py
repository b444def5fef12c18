"""Without the reminders of what lies ahead, what is due and what is next stay the same."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from config.policy import parse_policy, shipped_policy
from tests.world import at
from workflow.context import build_calendar
from workflow.ladder import Moment, due, next_moment, repeated
from workflow.side_limits import Limit

POLICY = parse_policy(shipped_policy())
CALENDAR = build_calendar(POLICY)
NOW = at("2026-03-10 10:00")
LIMITS = st.lists(
    st.builds(
        lambda kind, hours: Limit(f"{kind}:1", NOW + timedelta(hours=hours)),
        st.sampled_from(["ack", "verify", "triage", "lookback"]),
        st.integers(-3_000, 3_000),
    ),
    max_size=4,
)


@given(limits=LIMITS)
def test_only_reminders_of_limits_ahead_are_left_out(limits: list[Limit]) -> None:
    def asked(*, ahead: bool) -> list[Moment]:
        found = repeated(limits, POLICY, CALENDAR, NOW, ahead=ahead)
        return sorted(found, key=lambda moment: moment.at)

    whole, short = asked(ahead=True), asked(ahead=False)
    assert next_moment(short, NOW) == next_moment(whole, NOW)
    assert due(short, NOW) == due(whole, NOW)
    left = [moment for moment in whole if moment not in short]
    assert all(moment.at > NOW and "#" in moment.key for moment in left)
