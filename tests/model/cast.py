"""Who is who and who may what, written down from the domain rules, not read from the engine."""

from __future__ import annotations

from dataclasses import dataclass

from tests.world import OFFICERS, POSTS, UNITS, VERIFIER

VERIFYING = ("jfj", "zjj", "spj", "sthj")
BOARDS = ("henglin", "yaoguan", "hengshanqiao", "lucheng", "dingyan", "qishuyan")
WIDE = {"triage_officer", "office_chief", "deputy_director", "principal", "inspector"}
BUSINESS = {"reporter", "commissioner", "unit_liaison", "unit_leader", "verifier"}
DUO = "duo"
"""One person with several rights in the bureau, so that the three-persons rule can be broken."""
DUO_ROLES = ("triage_officer", "office_chief", "verifier")


@dataclass(frozen=True)
class Human:
    """Somebody with a unit, a post and rights."""

    username: str
    unit: str
    post: str
    roles: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from them."""
        return bool(self.roles & WIDE)


def _everybody() -> dict[str, Human]:
    found = {}
    for code, _name, _kind, _board, _family in UNITS:
        posts = (*POSTS, VERIFIER) if code in VERIFYING else POSTS
        for suffix, _given, post, roles in posts:
            found[f"{code}_{suffix}"] = Human(
                f"{code}_{suffix}", code, post.value, frozenset(r.value for r in roles)
            )
    for username, _name, unit, role in OFFICERS:
        found[username] = Human(username, unit, "staff", frozenset({role.value}))
    found[DUO] = Human(DUO, "jfj", "staff", frozenset(DUO_ROLES))
    return found


PEOPLE = _everybody()


def with_role(role: str, unit: str | None = None) -> set[str]:
    """Usernames that hold a right, in one unit or anywhere."""
    return {p.username for p in PEOPLE.values() if role in p.roles and unit in (None, p.unit)}


# name: (states it is possible in, roles, whose unit it must be)
ISSUE_ACTS: dict[str, tuple[str, str, str]] = {
    "report": (
        "draft",
        "reporter commissioner unit_liaison unit_leader inspector triage_officer",
        "reporter",
    ),
    "send_back": ("reported", "triage_officer", "any"),
    "start_triage": ("reported", "triage_officer", "any"),
    "propose_rejection": ("reported triaging", "triage_officer", "any"),
    "reject": ("reported triaging", "office_chief", "any"),
    "merge": ("reported triaging", "triage_officer", "any"),
    "plan_task": ("triaging dispatched in_progress", "triage_officer office_chief", "any"),
    "dispatch": ("triaging", "office_chief", "any"),
    "dispatch_more": ("dispatched in_progress verifying approving", "office_chief", "any"),
    "approve": ("approving", "office_chief deputy_director", "any"),
    "reject_closure": ("approving", "office_chief deputy_director", "any"),
    "park": ("in_progress", "office_chief deputy_director", "any"),
    "resume": ("parked", "office_chief deputy_director", "any"),
    "review_park": ("parked", "office_chief deputy_director", "any"),
    "list": (
        "reported triaging dispatched in_progress parked verifying approving",
        "deputy_director",
        "any",
    ),
    "record_lookback": ("closed", "inspector", "any"),
    "relapse": ("closed", "office_chief", "any"),
}
ISSUE_ACTS["unlist"] = ISSUE_ACTS["list"]

UNIT = "unit_liaison unit_leader"
RUNNING = "pending_ack in_progress"
TASK_ACTS: dict[str, tuple[str, str, str]] = {
    "amend": ("pending_ack", "triage_officer office_chief", "any"),
    "acknowledge": ("pending_ack", UNIT, "lead"),
    "progress": ("in_progress", UNIT, "lead"),
    "add_evidence": ("in_progress submitted", f"{UNIT} verifier", "lead_or_verifier"),
    "waive_evidence": ("in_progress", "deputy_director", "any"),
    "submit": ("in_progress", "unit_leader", "lead"),
    "verify": ("submitted", "verifier", "verifier"),
    "reject_submission": ("submitted", "verifier", "verifier"),
    "withdraw": ("pending_ack in_progress submitted", "office_chief", "any"),
    "co_input": (RUNNING, UNIT, "co"),
    "waive_co_input": (RUNNING, "office_chief", "any"),
    "urge": (RUNNING, "triage_officer office_chief", "any"),
    "request_return": (RUNNING, UNIT, "lead"),
    "rule_return": (RUNNING, "office_chief", "any"),
    "request_extension": (RUNNING, "unit_leader", "lead"),
    "rule_extension": (RUNNING, "office_chief deputy_director", "any"),
    "request_park": ("in_progress", "unit_leader", "lead"),
    "rule_park": ("in_progress", "office_chief deputy_director", "any"),
    "request_adjustment": (RUNNING, "unit_leader triage_officer", "lead_or_office"),
    "rule_adjustment": (RUNNING, "office_chief deputy_director", "any"),
    "withdraw_request": (RUNNING, f"{UNIT} triage_officer", "lead_or_office"),
    "decide_prepared": (RUNNING, "office_chief deputy_director", "any"),
}
