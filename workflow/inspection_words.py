"""Words of inspections, instructions, evaluations and commitments, by group."""

from __future__ import annotations

from config.i18n import N_

INSPECTION_WORDS = {
    "inspection_kind": {
        "patrol": N_("Daily patrol"),
        "monthly": N_("Monthly review"),
        "quarterly": N_("Quarterly inspection"),
        "site": N_("Site inspection"),
    },
    "inspection_state": {
        "suggested": N_("suggested"),
        "planned": N_("inspection planned"),
        "under_way": N_("inspection under way"),
        "sent": N_("findings sent"),
        "closed": N_("reported and closed"),
        "dropped": N_("not held"),
    },
    "inspection_rule": {
        "named": N_("named projects"),
        "red": N_("projects with a red light"),
        "yellow": N_("projects with a yellow light"),
        "unvisited": N_("projects not visited for long"),
        "lot": N_("drawn by lot"),
    },
    "finding_state": {
        "open": N_("not an issue yet"),
        "issue": N_("became an issue"),
        "settled": N_("settled on the spot"),
        "dropped": N_("struck out"),
    },
    "instruction_state": {
        "open": N_("waits for an answer"),
        "answered": N_("answered, to be checked"),
        "accepted": N_("answer accepted"),
        "withdrawn": N_("instruction withdrawn"),
    },
    "evaluation_state": {
        "open": N_("waits for figures"),
        "answered": N_("figures in, to be graded"),
        "graded": N_("graded"),
    },
    "commitment_result": {
        "": N_("not checked yet"),
        "met": N_("met"),
        "not_met": N_("not met"),
        "unknown": N_("cannot be told"),
    },
    "commitment_reason": {
        "reached": N_("the figure keeps the promise"),
        "missed": N_("the figure misses the promise"),
        "no_figure": N_("no figure is stated"),
        "unit_differs": N_("the figure is in another unit"),
        "not_due": N_("the promised day has not come"),
    },
    "operator": {
        ">=": N_("at least"),
        "<=": N_("at most"),
        ">": N_("more than"),
        "<": N_("less than"),
        "=": N_("exactly"),
    },
    "lookback_basis": {
        "major": N_("major issue"),
        "listed": N_("listed issue"),
        "relapsed": N_("relapsed issue"),
        "sample": N_("drawn by lot"),
    },
}
