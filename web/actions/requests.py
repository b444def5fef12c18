"""Requests on a task and their rulings (退单、延期、挂账、调整) as actions."""

from __future__ import annotations

from datetime import datetime

from config.i18n import N_
from config.i18n import gettext as _
from models.db import Session
from models.directory import PersonInfo
from web.actions.base import Action, Data, Doing, Field
from web.actions.common import GRANTED, NEW_DUE, OPINION, REASON, REVIEW_ON, granted
from workflow.commands import adjustments, asking, extensions, park_requests, returns
from workflow.commands.base import Outcome
from workflow.context import context
from workflow.errors import Malformed, Reason


def request_adjustment(
    s: Session,
    *,
    actor: PersonInfo,
    task: str,
    now: datetime,
    reason: str,
    expected_version: int | None = None,
    **changes: object,
) -> Outcome:
    """Ask to change what was filled in; empty fields stay as they are."""
    return adjustments.request_adjustment(
        s,
        actor=actor,
        task=task,
        changes={k: v for k, v in changes.items() if v not in (None, "")},
        reason=reason,
        now=now,
        expected_version=expected_version,
    )


def _open_kind(doing: Doing, case: Data) -> Data:
    """The kind of the first request that waits."""
    task = next((t for t in case["tasks"] if t["number"] == doing.number), None)
    kinds = [r["kind"] for r in (task or {}).get("requests", ()) if r["state"] == "open"]
    return {"kind": kinds[0]} if kinds else {}


def _asked_unit(doing: Doing, case: Data) -> Data:
    """Where the unit names another one, the ruling begins with that one."""
    task = next((t for t in case["tasks"] if t["number"] == doing.number), None)
    asked = [r for r in (task or {}).get("requests", ()) if r["state"] == "open"]
    names = [r["suggested_unit"] for r in asked if r["kind"] == "return" and r["suggested_unit"]]
    unit = context(doing.s).directory.find_unit(names[-1]) if names else None
    return {"granted": "yes", "reassign_to": unit.code} if unit is not None else {}


def _ruled_return(values: Data) -> Data:
    """Raises `Malformed` for a ruling that says two things at once."""
    moved = values.get("granted") == "yes"
    if not moved and values.get("reassign_to"):
        raise Malformed(
            Reason(
                "unit_with_uphold",
                _("The assignment is upheld, yet another unit is named."),
                "reassign_to",
                _("Leave the unit empty, or rule that another unit takes it."),
            )
        )
    return {
        "reassign_to": (values.get("reassign_to") or "") if moved else None,
        "opinion": values.get("opinion", ""),
    }


def _asked_date(doing: Doing, case: Data) -> Data:
    """The date that was asked for is what a ruling begins with."""
    task = next((t for t in case["tasks"] if t["number"] == doing.number), None)
    asked = [r for r in (task or {}).get("requests", ()) if r["state"] == "open"]
    dates = [r["new_due_at"] for r in asked if r["kind"] == "extension"]
    return {"new_due": dates[-1] if dates else "", "granted": "yes"}


ACTIONS = (
    Action(
        "request-return",
        "task",
        "request_return",
        N_("Ask to return it (not ours)"),
        returns.request_return,
        (
            REASON,
            Field("basis", N_("Legal or duty basis"), "text", example="三定方案第四条"),
            Field("suggested_unit", N_("Suggested unit"), "unit", optional=True, example="gdgs"),
        ),
    ),
    Action(
        "rule-return",
        "task",
        "rule_return",
        N_("Rule on the return"),
        returns.rule_return,
        (
            Field(
                "granted",
                N_("Ruling"),
                "choice",
                choices=(("no", N_("Uphold the assignment")), ("yes", N_("Assign another unit"))),
                example="no",
            ),
            Field(
                "reassign_to",
                N_("To which unit"),
                "unit",
                optional=True,
                help=N_("Only when another unit takes it: left empty, the assignment is upheld."),
                reasons=("lead_unit",),
                example=None,
                note=N_("(required when another unit takes it)"),
            ),
            OPINION,
        ),
        shape=_ruled_return,
        defaults=_asked_unit,
        weighty=True,
    ),
    Action(
        "request-extension",
        "task",
        "request_extension",
        N_("Ask for an extension"),
        extensions.request_extension,
        (NEW_DUE, REASON, Field("progress", N_("Progress so far"), "text", example="已完成八成")),
    ),
    Action(
        "rule-extension",
        "task",
        "rule_extension",
        N_("Rule on the extension"),
        extensions.rule_extension,
        (
            GRANTED,
            Field(
                "new_due",
                N_("Granted until"),
                "moment",
                optional=True,
                help=N_("The date asked for, or an earlier one."),
                reasons=("new_deadline", "new_due_at"),
                example=None,
            ),
            OPINION,
        ),
        shape=granted,
        defaults=_asked_date,
        weighty=True,
    ),
    Action(
        "request-park",
        "task",
        "request_park",
        N_("Ask to park it"),
        park_requests.request_park,
        (REASON, REVIEW_ON),
    ),
    Action(
        "rule-park",
        "task",
        "rule_park",
        N_("Rule on parking"),
        park_requests.rule_park,
        (GRANTED, OPINION),
        shape=granted,
        weighty=True,
    ),
    Action(
        "request-adjustment",
        "task",
        "request_adjustment",
        N_("Ask for an adjustment"),
        request_adjustment,
        (
            Field(
                "problem",
                N_("New problem statement"),
                "text",
                optional=True,
                help=N_("Fill in only what shall change; what is left empty stays as it is."),
                reasons=("changes",),
                example=None,
            ),
            Field("measures", N_("New measures"), "text", optional=True, example="改为入地敷设"),
            Field("lead_unit", N_("New lead unit"), "unit", optional=True, example=None),
            Field(
                "due",
                N_("New deadline"),
                "moment",
                optional=True,
                reasons=("deadline", "due_at"),
                example=None,
            ),
            REASON,
        ),
    ),
    Action(
        "rule-adjustment",
        "task",
        "rule_adjustment",
        N_("Rule on the adjustment"),
        adjustments.rule_adjustment,
        (GRANTED, OPINION),
        shape=granted,
        weighty=True,
    ),
    Action(
        "withdraw-request",
        "task",
        "withdraw_request",
        N_("Withdraw a request"),
        asking.withdraw_request,
        (
            Field(
                "kind",
                N_("Kind of request"),
                "choice",
                choices=(
                    ("extension", N_("extension")),
                    ("return", N_("return")),
                    ("park", N_("parking")),
                    ("adjust", N_("adjustment")),
                ),
                example="extension",
            ),
        ),
        defaults=_open_kind,
    ),
)
