"""What somebody might do next: the usual moves of an issue, and arguments for any command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.model.cast import BOARDS, DUO
from tests.model.clocks import at_day_end
from tests.model.days import local, step
from tests.model.model import Model
from tests.model.state import Issue, Task

DAY = timedelta(days=1)
KINDS: tuple[list[str], ...] = (["document"], ["document", "photo"], [], ["photo"])


@dataclass(frozen=True)
class Move:
    """A command that somebody might give."""

    name: str
    actor: str
    task: Task | None = None


BY_STATE: dict[str, tuple[tuple[str, str], ...]] = {
    "draft": (("submit_draft", "triage"),),
    "reported": (
        ("start_triage", "triage"),
        ("start_triage", DUO),
        ("start_triage", "triage2"),
        ("send_back", "triage"),
        ("propose_rejection", "triage2"),
        ("merge", "triage"),
    ),
    "triaging": (
        ("plan_task", "triage"),
        ("dispatch", "chief"),
        ("plan_task", DUO),
        ("dispatch", DUO),
        ("dispatch", "chief"),
        ("plan_task", "chief"),
        ("propose_rejection", DUO),
        ("merge", "triage"),
        ("reject", "chief"),
        ("reject", DUO),
    ),
    "dispatched": (("plan_task", "triage"), ("dispatch", "chief"), ("put_on_list", "director")),
    "in_progress": (
        ("park", "chief"),
        ("put_on_list", "director"),
        ("plan_task", "triage"),
        ("dispatch", "chief"),
        ("park", "director"),
    ),
    "parked": (
        ("resume", "chief"),
        ("resume", "director"),
        ("review_park", "chief"),
        ("resume", DUO),
    ),
    "verifying": (("put_on_list", "director"),),
    "approving": (
        ("approve", "chief"),
        ("approve", "director"),
        ("approve", DUO),
        ("approve", "chief"),
        ("reject_closure", "chief"),
        ("reject_closure", "director"),
    ),
    "closed": (
        ("record_lookback", "inspector"),
        ("relapse", "chief"),
        ("record_lookback", "inspector"),
    ),
    "rejected": (("start_triage", "triage"),),
    "merged": (("start_triage", "triage"),),
}


def moves(issue: Issue) -> list[Move]:
    """The usual moves of the people whose turn it is."""
    found = [Move(name, actor) for name, actor in BY_STATE[issue.state]]
    if issue.state == "draft":
        found.append(Move("submit_draft", issue.reporter))
    for task in issue.live:
        if task.dispatched is not None:
            found += [Move(name, actor, task) for name, actor in _on_task(task)]
        else:
            found += [Move("amend_task", who, task) for who in ("triage", "chief", DUO)]
            found.append(Move("drop_task", "chief", task))
    return found


def _on_task(task: Task) -> Iterator[tuple[str, str]]:
    lead = task.lead
    if task.state == "pending_ack":
        yield from [("acknowledge", f"{lead}_liaison")] * 3
        yield from [("request_return", f"{lead}_head")] * 3
    if task.state == "in_progress":
        yield from [("submit", f"{lead}_head"), ("submit", f"{lead}_deputy")] * 2
        yield from (("progress", f"{lead}_liaison"), ("add_evidence", f"{lead}_liaison"))
        yield from (("waive_evidence", "director"), ("request_park", f"{lead}_head"))
    if task.state in ("pending_ack", "in_progress"):
        yield from _asking(task)
    if task.state == "submitted":
        yield from [("verify", f"{task.verifier}_verifier")] * 3
        yield from (("verify", DUO), ("reject_submission", f"{task.verifier}_verifier"))
        yield "drop_task", "chief"


def _asking(task: Task) -> Iterator[tuple[str, str]]:
    lead = task.lead
    yield from [("request_extension", f"{lead}_head")] * 2
    yield from (("request_adjustment", f"{lead}_deputy"), ("request_adjustment", DUO))
    yield from (("urge", "triage"), ("drop_task", "chief"))
    for unit in task.co:
        yield from (("co_input", f"{unit}_liaison"), ("waive_co_input", "chief"))
    for kind, request in task.open.items():
        rule = {"return": "rule_return", "extension": "rule_extension", "park": "rule_park"}
        for actor in ("chief", "director", DUO):
            yield rule.get(kind, "rule_adjustment"), actor
        yield "withdraw_request", request.by
        yield "withdraw_request", f"{lead}_liaison"
        yield "withdraw_request", "triage"
    if task.prepared:
        yield from (("decide_prepared", "chief"), ("decide_prepared", "director"))


def arguments(
    name: str, issue: Issue, task: Task | None, model: Model, now: datetime, k: int
) -> dict[str, Any] | None:
    """Arguments for a command, varied by `k`; None where it has no object at all."""
    later = at_day_end(step(local(now).date(), (k, 3, 12)[k % 3]))
    review = local(now).date() + (k * 12) * DAY
    if name in ("approve", "reject_closure", "relapse", "reject_submission"):
        return {"override": k > 7} if name == "approve" else {"new_due": later}
    if name in ("park", "review_park", "request_park"):
        return {"review": review}
    if name == "plan_task":
        return {"plan": plan(issue, now, k)} if len(issue.tasks) < 3 else None
    if name == "amend_task":
        return {"plan": plan(issue, now, k)}
    if name == "merge":
        return {"target": sorted(model.issues)[k % len(model.issues)]}
    if name in ("record_lookback", "put_on_list"):
        return {"relapse": k > 4} if name == "record_lookback" else {"listed": not issue.listed}
    return {} if task is None else _for_task(name, task, now, k, later)


def _for_task(
    name: str, task: Task, now: datetime, k: int, later: datetime
) -> dict[str, Any] | None:
    lead, yes = task.lead, k % 2 == 0
    if name == "request_extension" and task.due is None:
        return None
    due = task.due or now
    known: dict[str, dict[str, Any] | None] = {
        "acknowledge": {
            "leader": "chief" if k == 9 else f"{lead}_{('deputy', 'head')[k % 2]}",
            "handler": f"{lead}_{('handler', 'liaison')[k % 2]}",
        },
        "waive_co_input": {"unit": min(task.co)} if task.co else None,
        "rule_return": {"to": None if yes else ("zgj", "czj", "zjj")[k % 3]},
        "request_extension": {
            "new_due": at_day_end(step(local(due).date(), (1, 2, 5, 5, 40, 0)[k % 6]))
        },
        "rule_extension": {"granted": yes},
        "rule_park": {"granted": k > 2},
        "rule_adjustment": {"granted": k > 2},
        "request_adjustment": {
            "changes": (
                {"measures": "改为架空改造"},
                {"due": later},
                {"lead_unit": "czj"},
                {"due": later, "lead_unit": "zgj"},
                {"problem": "新的问题表述"},
            )[k % 5]
        },
        "withdraw_request": {"kind": min(task.open, default="extension")},
        "add_evidence": {"kind": ("document", "photo", "permit")[k % 3]},
        "submit": {"kinds": KINDS[max(0, k - 6)]},
        "decide_prepared": _prepared(task, k),
    }
    return known.get(name, {})


def _prepared(task: Task, k: int) -> dict[str, Any] | None:
    if not task.prepared:
        return None
    waiting = [key for key, state in task.prepared.items() if state == "prepared"]
    keys = sorted(waiting or task.prepared)
    return {"key": keys[k % len(keys)], "issue_it": k < 6}


def plan(issue: Issue, now: datetime, k: int) -> dict[str, Any]:
    """A task as planned: the category's limit, another one, a number of days or a fixed date."""
    usual: dict[str, Any] = {
        "lead": None,
        "limit": None,
        "days": None,
        "due": None,
        "urgent": None,
        "co": (),
    }
    if issue.board is None:
        usual["lead"] = BOARDS[k % len(BOARDS)]
    varied: tuple[dict[str, Any], ...] = (
        {},
        {"limit": "urgent"},
        {"days": k + 1},
        {"due": at_day_end(local(now).date() + k * DAY)},
        {"co": ("gdgs", "henglin")},
        {"urgent": True},
        {"limit": "statutory_20"},
        {"days": 2},
        {"due": now + timedelta(days=k, hours=5)},
        {"co": ("czj",), "urgent": True},
    )
    return usual | varied[k]
