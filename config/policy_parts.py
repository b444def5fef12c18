"""The parts of a policy: limits, ladder, rules of each step, categories.

What a policy is made of as a whole: `config.policy`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BOARD = "@board"

Unit = Literal["working_day", "calendar_day", "working_hour", "fixed_date", "open_ended"]
Mode = Literal["automatic", "one_click", "person"]
Addressee = Literal[
    "responsible_person",
    "liaison",
    "deputy_head",
    "unit_leader",
    "unit_head",
    "co_units",
    "office_chief",
    "deputy_director",
    "principal",
    "all_units",
]


class Part(BaseModel):
    """A part of a policy: nothing in it is unknown, and nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Head(Part):
    """Name and time zone of the policy."""

    name: str
    timezone: str


class Hours(Part):
    """Office hours in local time. `day_end` closes a deadline day, `fire_at` starts a rung's."""

    weekdays: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    open: tuple[tuple[str, str], ...]
    day_end: str
    fire_at: str


class Limit(Part):
    """A class of time limit; `n` counts in `unit` and is absent for dates set one by one."""

    unit: Unit
    n: int | None = None


class DeadlineRules(Part):
    """How fixed dates behave and which exceptions historical replays may make."""

    fixed_dates_roll: bool
    allow_open_ended: bool = False
    allow_past: bool = False


class SideLimit(Part):
    """A limit, in working days, on a step beside the main deadline."""

    limit_wd: int = Field(ge=1)


class ExtensionRules(Part):
    """Who may extend, how often, how long. Days are working days."""

    ask_before_wd: int = Field(ge=0)
    max_count: int = Field(ge=0)
    max_total_ratio: float = Field(ge=0)
    approvers: tuple[str, ...] = Field(min_length=1)
    ruling_wd: int = Field(ge=1)


class ReturnRules(Part):
    """When a unit may say "not mine". Days are working days."""

    within_wd: int = Field(ge=0)
    ruling_wd: int = Field(ge=1)
    max_refused: int = Field(ge=0)
    clock: Literal["fresh", "remaining"]


class ParkRules(Part):
    """How far away the review of a parked issue may be, in calendar days."""

    max_review_days: int = Field(ge=1)
    ruling_wd: int = Field(ge=1)
    approvers: tuple[str, ...] = Field(min_length=1)


class AdjustRules(Part):
    """How soon a request to change one of the four fields is ruled, in working days."""

    ruling_wd: int = Field(ge=1)


class Rung(Part):
    """One rung of the ladder: `offset` working days from the deadline, to whom, and how."""

    key: str
    level: int = Field(ge=1, le=9)
    offset: int
    kind: str
    mode: Mode
    to: tuple[Addressee, ...]
    # `copy` is the field's name in the file; pydantic's own method of that name is long retired.
    copied: tuple[Addressee, ...] = Field(default=(), alias="copy")
    red_count: int | None = None
    yellow_count: int | None = None


class EscalationRules(Part):
    """What urgency does to the ladder, and which roles click, decide and hear of faults."""

    urgent_factor: float = Field(gt=0, le=1)
    office: tuple[Addressee, ...] = Field(min_length=1)
    decider: str
    preparer: str
    repeat_limit_wd: int = Field(default=5, ge=1)
    repeat_limit_max: int = Field(default=12, ge=0, le=60)
    # policies stored before these two existed are read with their defaults
    repeat_late_wd: int = Field(default=20, ge=1)
    repeat_late_copy: tuple[Addressee, ...] = ("principal",)


class LightRules(Part):
    """Thresholds of the three colours, in working days and shares of the limit."""

    yellow_wd: int = Field(ge=0)
    short_limit_wd: int = Field(ge=0)
    short_yellow_wd: int = Field(ge=0)
    share_left: float = Field(ge=0, le=1)
    share_from_wd: int = Field(ge=0)
    report_every_wd: int = Field(ge=1)


class ProjectLightRules(Part):
    """Thresholds of the lights of projects and boards, and what goes with their milestones.

    Months are calendar months, points are percentage points, `_wd` working days, `_days` calendar
    days. Policies stored before this part existed are read with these defaults.
    """

    start_yellow_months: int = Field(default=1, ge=1)
    start_red_months: int = Field(default=3, ge=1)
    invest_yellow_points: int = Field(default=10, ge=0)
    invest_red_points: int = Field(default=30, ge=0)
    figures_missing_months: int = Field(default=2, ge=1)
    statistics_yellow_months: int = Field(default=1, ge=0)
    statistics_red_months: int = Field(default=2, ge=0)
    milestone_due_wd: int = Field(default=10, ge=0)
    board_red_months: int = Field(default=2, ge=1)
    permit_notice_days: int = Field(default=30, ge=0)
    land_start_wd: int = Field(default=5, ge=0)
    certificate_wd: int = Field(default=5, ge=0)
    land_demand_reports: bool = False


class ClosureRules(Part):
    """Who may close, and what a refusal must say."""

    min_requirement_chars: int = Field(ge=0)
    separate_persons: bool
    override_role: str
    fallback_verifier: str = ""
    major_approver: str
    major_from_level: int


class FigureRules(Part):
    """Figures of units: below `rank_from` cases no unit is ranked by a rate.

    Monthly figures of projects are due on day `due_day` of the next month, missing ones are asked
    for `remind_wd` working days before; the clock freezes the month on day `freeze_day`, 0: the
    chief does. Policies stored before this part existed are read with its defaults.
    """

    rank_from: int = Field(default=5, ge=1)
    due_day: int = Field(default=5, ge=1, le=28)
    remind_wd: int = Field(default=2, ge=0, le=20)
    freeze_day: int = Field(default=0, ge=0, le=28)


class LookbackRules(Part):
    """Re-checks: days after closure (calendar), share sampled of the ordinary ones."""

    days: tuple[int, ...]
    share: float = Field(ge=0, le=1)
    always: tuple[Literal["major", "listed", "relapsed"], ...]
    limit_wd: int = Field(ge=1)


class CoordinationRules(Part):
    """When an unsolved issue moves up a coordination level, in working days; when meetings are.

    `meeting_days`: days of the month, or `last` for its last working day. Policies stored before
    a rule was known go by its default here.
    """

    consult_after_wd: int
    meeting_after_wd: int
    meeting_from_units: int = Field(default=3, ge=2)
    element_categories: tuple[str, ...] = ("资金", "用地", "能耗", "排污总量")
    meeting_days: tuple[str, ...] = Field(default=("15", "last"), min_length=1)
    meeting_at: str = Field(default="14:30", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


class DemandRules(Part):
    """How soon a demand of an enterprise is taken up, and the words that speak for a category."""

    take_up_wd: int = Field(default=1, ge=1)
    relapse_days: int = Field(default=90, ge=0)
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By the name of a category: words in a text that speak for it."""


class DeliveryRules(Part):
    """Local times of the daily deliveries, and kinds that do not wait for one.

    People may switch `optional_channels` on and off; those among `chosen_channels` are off until
    somebody switches them on. `insistent_kinds`, and what is urgent, go through every channel.
    """

    windows: tuple[str, ...] = Field(min_length=1)
    urgent_kinds: tuple[str, ...] = ()
    optional_channels: tuple[str, ...] = ()
    chosen_channels: tuple[str, ...] = ()
    insistent_kinds: tuple[str, ...] = ()
    insist_when_urgent: bool = True


class EvidenceRule(Part):
    """How many pieces of proof of which kinds a submission needs.

    `keep_gps`: photos of this category keep where they were taken; elsewhere they lose it.
    """

    min: int = Field(ge=0)
    kinds: tuple[
        Literal["document", "photo", "before_after", "site_check", "permit", "acceptance"], ...
    ]
    site_check: bool = False
    keep_gps: bool = False


class Category(Part):
    """A kind of obstacle with its default unit, limit class, verifier and proof."""

    code: str
    en: str
    lead: str
    limit: str
    verifier: str
    evidence: EvidenceRule
    urgent: bool = False
