"""Names of a policy's rules and of the values that they may have, in the order of its pages."""

from __future__ import annotations

from config.i18n import N_

GROUPS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "hours",
        N_("Office hours"),
        (
            ("hours.weekdays", N_("Working weekdays")),
            ("hours.open", N_("Office hours of a day")),
            ("hours.day_end", N_("A deadline day ends at")),
            ("hours.fire_at", N_("A step of the ladder fires at")),
        ),
    ),
    (
        "deadline",
        N_("Deadlines"),
        (
            ("deadline.fixed_dates_roll", N_("Dates set by a leader move off a day off")),
            ("deadline.allow_open_ended", N_("Work without a deadline is allowed")),
            ("deadline.allow_past", N_("Deadlines in the past are allowed")),
            ("ack.limit_wd", N_("Receipt within working days")),
            ("co_unit.limit_wd", N_("Input of a supporting unit within working days")),
            ("triage.limit_wd", N_("Breakdown within working days")),
            ("verify.limit_wd", N_("Verification within working days")),
            ("approve.limit_wd", N_("Approval within working days")),
        ),
    ),
    (
        "extension",
        N_("Extension"),
        (
            ("extension.ask_before_wd", N_("To be asked working days before the deadline")),
            ("extension.max_count", N_("At most so many extensions")),
            ("extension.max_total_ratio", N_("All together at most this share of the limit")),
            ("extension.approvers", N_("Who rules: first, second")),
            ("extension.ruling_wd", N_("Ruling within working days")),
        ),
    ),
    (
        "return",
        N_("Return"),
        (
            ("return.within_wd", N_("Objection within working days of the hand-over")),
            ("return.ruling_wd", N_("Ruling within working days")),
            ("return.max_refused", N_("Refused returns before none is heard")),
            ("return.clock", N_("Clock of a reassigned task")),
        ),
    ),
    (
        "park",
        N_("Parking and adjustment"),
        (
            ("park.max_review_days", N_("Calendar days to the next review, at most")),
            ("park.ruling_wd", N_("Ruling within working days")),
            ("park.approvers", N_("Who rules")),
            ("adjust.ruling_wd", N_("Ruling on an adjustment within working days")),
        ),
    ),
    (
        "escalation",
        N_("Escalation"),
        (
            ("escalation.urgent_factor", N_("Share of the offsets for urgent tasks")),
            ("escalation.office", N_("Who hears of prepared steps and faults")),
            ("escalation.preparer", N_("Who sends prepared steps")),
            ("escalation.decider", N_("Who decides proposed steps")),
            ("escalation.repeat_limit_wd", N_("Passed limits are urged again after working days")),
            ("escalation.repeat_limit_max", N_("… so many times, then in a slower rhythm")),
            ("escalation.repeat_late_wd", N_("… which urges for ever after working days")),
            ("escalation.repeat_late_copy", N_("In copy then, with who decides")),
        ),
    ),
    (
        "lights",
        N_("Three colours"),
        (
            ("lights.yellow_wd", N_("Yellow from so many working days left")),
            ("lights.short_limit_wd", N_("Short limits: up to so many working days")),
            ("lights.short_yellow_wd", N_("Short limits: yellow from working days left")),
            ("lights.share_left", N_("Yellow under this share of the limit left")),
            ("lights.share_from_wd", N_("… for limits of at least so many working days")),
            ("lights.report_every_wd", N_("Reporting period in working days")),
        ),
    ),
    (
        "project_lights",
        N_("Three colours of projects"),
        (
            ("project_lights.start_yellow_months", N_("Start: yellow when months late")),
            ("project_lights.start_red_months", N_("Start: red when months late")),
            ("project_lights.invest_yellow_points", N_("Investment: yellow from points behind")),
            ("project_lights.invest_red_points", N_("Investment: red beyond points behind")),
            ("project_lights.figures_missing_months", N_("Figures: yellow when months missing")),
            (
                "project_lights.statistics_yellow_months",
                N_("Statistics entry: yellow from months after the start"),
            ),
            (
                "project_lights.statistics_red_months",
                N_("Statistics entry: red beyond months after the start"),
            ),
            ("project_lights.milestone_due_wd", N_("Milestone: yellow from working days left")),
            ("project_lights.board_red_months", N_("Town or street: red after months missed")),
            ("project_lights.permit_notice_days", N_("Permit: yellow from days left")),
            ("project_lights.land_start_wd", N_("Construction upon land within working days")),
            ("project_lights.certificate_wd", N_("Certificate upon completion, working days")),
            ("project_lights.land_demand_reports", N_("Demands beyond the list become issues")),
        ),
    ),
    (
        "closure",
        N_("Closure and look-back"),
        (
            ("closure.separate_persons", N_("Approver, verifier and handler are three persons")),
            ("closure.min_requirement_chars", N_("A refusal's requirement has characters")),
            ("closure.override_role", N_("Who may waive a condition")),
            ("closure.fallback_verifier", N_("Verifies where the verifier leads the task")),
            ("closure.major_approver", N_("Approves major and listed issues")),
            ("closure.major_from_level", N_("… and those from this coordination level")),
            ("lookback.days", N_("Look-back after calendar days")),
            ("lookback.share", N_("Share of ordinary issues that is drawn")),
            ("lookback.always", N_("Always looked at")),
            ("lookback.limit_wd", N_("Look-back within working days")),
            ("coordination.consult_after_wd", N_("Consultation after working days unsolved")),
            ("coordination.meeting_after_wd", N_("Meeting after further working days")),
            ("coordination.meeting_from_units", N_("Meeting from so many units at work")),
            ("coordination.element_categories", N_("Elements that are balanced in two stages")),
            ("coordination.meeting_days", N_("Days of the half-monthly meeting")),
            ("coordination.meeting_at", N_("Time of the half-monthly meeting")),
        ),
    ),
    (
        "figures",
        N_("Figures of units"),
        (
            ("figures.rank_from", N_("Units are ranked from so many cases")),
            ("figures.due_day", N_("Monthly figures are due on this day of the next month")),
            ("figures.remind_wd", N_("… and asked for working days before")),
            ("figures.freeze_day", N_("The clock freezes the month on this day (0: the chief)")),
        ),
    ),
    (
        "demands",
        N_("Demands of enterprises"),
        (
            ("demands.take_up_wd", N_("Taken up within working days")),
            ("demands.relapse_days", N_("A repeat so many days after closure may be a relapse")),
        ),
    ),
    (
        "delivery",
        N_("Delivery of notices"),
        (
            ("delivery.windows", N_("Delivered at")),
            ("delivery.urgent_kinds", N_("Sent at once")),
        ),
    ),
)
NOTED = {
    "lead": N_("Lead unit"),
    "limit": N_("Time limit"),
    "verifier": N_("Verifier"),
    "evidence": N_("Evidence"),
}
"""Values of a category whose comments are shown together."""
VALUES = {
    "fresh": N_("starts afresh"),
    "remaining": N_("keeps what is left"),
    "major": N_("major issues"),
    "listed": N_("listed issues"),
    "relapsed": N_("relapsed issues"),
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}
