"""Words of the project library: stages, lists, duties, tags, and what is done to a record."""

from __future__ import annotations

from config.i18n import N_

LIBRARY_WORDS = {
    "stage": {
        "intention": N_("intention"),
        "signed": N_("contract signed"),
        "preparing": N_("in preparation"),
        "started": N_("construction begun"),
        "completed": N_("construction completed"),
        "evaluation": N_("under evaluation"),
    },
    "list": {
        "province": N_("provincial list"),
        "city": N_("city list"),
        "district": N_("district list"),
        "industrial": N_("industrial statistics list"),
    },
    "duty": {
        "sponsor": N_("sponsoring leader"),
        "lead_unit": N_("unit that leads the project"),
        "board": N_("town or street where it lies"),
        "responsible": N_("person responsible"),
        "in_charge": N_("leader in charge"),
        "commissioner": N_("project commissioner"),
    },
    "nature": {
        "new": N_("new construction"),
        "expansion": N_("expansion of a plant"),
        "renovation": N_("technical renovation"),
    },
    "tag_kind": {
        "chain": N_("industrial chain"),
        "action": N_("line of action"),
        "evaluation": N_("result of the evaluation"),
        "other": N_("other tag"),
    },
    "project_act": {
        "project.added": N_("record added"),
        "project.seeded": N_("record taken from the sources"),
        "project.edited": N_("record corrected"),
        "project.imported": N_("record filled in from a list"),
        "project.attributed": N_("attribution changed"),
        "project.stage": N_("stage recorded"),
        "project.listed": N_("put on a list"),
        "project.delisted": N_("taken off a list"),
        "project.duty": N_("responsibility given"),
        "project.duty_ended": N_("responsibility ended"),
        "project.tagged": N_("tag added"),
        "project.untagged": N_("tag removed"),
        "project.merged": N_("records merged"),
        "project.merged_away": N_("merged into another record"),
        "force.founded": N_("task force set up"),
        "force.edited": N_("task force corrected"),
        "force.ended": N_("task force dissolved"),
        "force.unit_joined": N_("unit joined"),
        "force.unit_left": N_("unit left"),
        "force.project_joined": N_("project added"),
        "force.project_left": N_("project taken out"),
    },
    "proposal_cause": {
        "overdue": N_("overdue"),
        "due_soon": N_("due soon"),
    },
    "proposal_state": {
        "open": N_("to be decided"),
        "reported": N_("reported as an issue"),
        "dismissed": N_("dismissed with a reason"),
        "settled": N_("settled"),
    },
    "register": {
        "permit": N_("permits"),
        "commitment": N_("commitments"),
        "finding": N_("findings of inspections"),
        "instruction": N_("instructions"),
        "project_month": N_("monthly figures"),
        "inspection_site": N_("visits of inspections"),
        "plan": N_("plan and milestones"),
        "land_list": N_("land-service list"),
        "evaluation": N_("evaluation"),
    },
}
