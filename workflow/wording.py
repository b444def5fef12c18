"""Words for codes: states, lights, rungs, addressees, derivations. Shared by both faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from config.i18n import N_, current_language
from config.i18n import gettext as _
from config.workflow_definition import MachineDefinition
from notifications.kinds import KINDS

_WORDS = {
    "phase": {
        "discovery": N_("Discovery"),
        "breakdown": N_("Breakdown"),
        "assignment": N_("Assignment"),
        "supervision": N_("Supervision"),
        "closure": N_("Closure"),
    },
    "light": {
        "green": N_("green"),
        "yellow": N_("yellow"),
        "red": N_("red"),
        "grey": N_("grey"),
    },
    "reason": {
        "overdue": N_("past the deadline"),
        "submitted_in_time": N_("submitted in time"),
        "due_soon": N_("the deadline is near"),
        "returned_once": N_("sent back once"),
        "report_missed": N_("no progress report in the reporting period"),
        "on_course": N_("on course"),
        "planned": N_("planned, not handed over"),
        "verified": N_("verified"),
        "withdrawn": N_("withdrawn"),
        "parked": N_("parked"),
        "closed": N_("closed"),
        "rejected": N_("not accepted"),
        "merged": N_("merged"),
        "relapsed": N_("the problem is back"),
        "all_verified": N_("every task is verified"),
    },
    "addressee": {
        "responsible_person": N_("handler of the task"),
        "liaison": N_("liaison of the unit"),
        "deputy_head": N_("deputy head in charge"),
        "unit_leader": N_("leaders of the unit"),
        "unit_head": N_("head of the unit"),
        "co_units": N_("supporting units"),
        "office_chief": N_("office chief"),
        "deputy_director": N_("deputy director"),
        "principal": N_("principal leader"),
        "all_units": N_("all units"),
    },
    "mode": {
        "automatic": N_("sent automatically"),
        "one_click": N_("prepared, sent at one click"),
        "person": N_("proposed, a person decides"),
    },
    "cause": {
        "dispatch": N_("dispatch"),
        "reassign": N_("reassignment"),
        "extension": N_("extension granted"),
        "closure_rejected": N_("closure refused"),
        "relapse": N_("relapse"),
        "park_resume": N_("clock restarted after parking"),
        "adjust": N_("terms adjusted"),
        "calendar": N_("calendar changed"),
    },
    "request": {
        "return": N_("return"),
        "extension": N_("extension"),
        "park": N_("parking"),
        "adjust": N_("adjustment"),
    },
    "ruling": {
        "open": N_("waiting for a ruling"),
        "granted": N_("granted"),
        "refused": N_("refused"),
        "withdrawn": N_("withdrawn"),
        "lapsed": N_("lapsed"),
    },
    "limit": {
        "ack": N_("receipt due"),
        "plan": N_("hand-over due"),
        "co_input": N_("input of a supporting unit due"),
        "verify": N_("verification due"),
        "approve": N_("approval due"),
        "triage": N_("breakdown due"),
        "park_review": N_("review of the parking"),
        "lookback": N_("look-back"),
        "lookback_late": N_("look-back overdue"),
        "rule_return": N_("ruling on the return due"),
        "rule_extension": N_("ruling on the extension due"),
        "rule_park": N_("ruling on the parking due"),
        "rule_adjust": N_("ruling on the adjustment due"),
    },
    "event": {
        "issue.created": N_("created"),
        "issue.report": N_("reported"),
        "issue.edit": N_("corrected"),
        "issue.send_back": N_("sent back for correction"),
        "issue.start_triage": N_("taken up for breakdown"),
        "issue.plan_task": N_("task planned"),
        "issue.propose_rejection": N_("rejection proposed"),
        "issue.reject": N_("not accepted"),
        "issue.merge": N_("merged into another issue"),
        "issue.dispatch": N_("handed over"),
        "issue.dispatch_more": N_("further tasks handed over"),
        "issue.start": N_("work has begun"),
        "issue.await_verification": N_("waits for verification"),
        "issue.back_to_work": N_("back to work"),
        "issue.await_approval": N_("waits for approval"),
        "issue.approve": N_("closure approved"),
        "issue.reject_closure": N_("closure refused"),
        "issue.park": N_("parked"),
        "issue.resume": N_("resumed"),
        "issue.review_park": N_("parking reviewed"),
        "issue.relapse": N_("relapse confirmed"),
        "issue.list": N_("put on the list of the leaders"),
        "issue.unlist": N_("taken off the list of the leaders"),
        "issue.coordinate": N_("coordination level set"),
        "issue.record_lookback": N_("look-back recorded"),
        "issue.migrated": N_("moved to another definition"),
        "task.dispatched": N_("task handed over"),
        "task.acknowledge": N_("receipt"),
        "task.progress": N_("progress report"),
        "task.add_evidence": N_("evidence attached"),
        "task.submit": N_("submitted"),
        "task.waive_evidence": N_("evidence waived"),
        "task.reject_submission": N_("verification refused"),
        "task.verify": N_("verified"),
        "task.reopen": N_("reopened"),
        "task.withdraw": N_("task withdrawn"),
        "task.co_input": N_("input of a supporting unit"),
        "task.waive_co_input": N_("input of a supporting unit waived"),
        "task.urge": N_("urged by hand"),
        "task.request_return": N_("return requested"),
        "task.rule_return": N_("ruling on the return"),
        "task.request_extension": N_("extension requested"),
        "task.rule_extension": N_("ruling on the extension"),
        "task.request_park": N_("parking requested"),
        "task.rule_park": N_("ruling on the parking"),
        "task.request_adjustment": N_("adjustment requested"),
        "task.rule_adjustment": N_("ruling on the adjustment"),
        "task.withdraw_request": N_("request withdrawn"),
        "task.decide_prepared": N_("prepared step decided"),
        "task.resumed": N_("clock restarted"),
        "task.redated": N_("re-dated by the calendar"),
        "task.migrated": N_("moved to another definition"),
        "ladder.rung": N_("step of the ladder"),
        "limit.passed": N_("time limit passed"),
        "notice.no_addressee": N_("a notice found no addressee"),
    },
    "act": {
        "report": N_("report"),
        "send_back": N_("send back for correction"),
        "start_triage": N_("take up for breakdown"),
        "reject": N_("not accept"),
        "merge": N_("merge into another issue"),
        "dispatch": N_("hand over"),
        "start": N_("begin work"),
        "await_verification": N_("wait for verification"),
        "back_to_work": N_("go back to work"),
        "await_approval": N_("wait for approval"),
        "approve": N_("approve the closure"),
        "reject_closure": N_("refuse the closure"),
        "park": N_("park"),
        "resume": N_("resume"),
        "relapse": N_("confirm a relapse"),
        "acknowledge": N_("acknowledge receipt"),
        "submit": N_("submit"),
        "reject_submission": N_("refuse the verification"),
        "verify": N_("verify"),
        "reopen": N_("reopen"),
        "withdraw": N_("withdraw the task"),
        "edit": N_("correct"),
        "plan_task": N_("plan a task"),
        "dispatch_more": N_("hand over further tasks"),
        "propose_rejection": N_("propose rejection"),
        "list": N_("put on the leaders' list"),
        "unlist": N_("take off the leaders' list"),
        "coordinate": N_("set the coordination level"),
        "record_lookback": N_("record a look-back"),
        "review_park": N_("review the parking"),
        "progress": N_("report progress"),
        "add_evidence": N_("attach evidence"),
        "waive_evidence": N_("waive evidence"),
        "co_input": N_("give a supporting unit's input"),
        "waive_co_input": N_("waive a supporting unit's input"),
        "urge": N_("urge by hand"),
        "request_return": N_("ask for return"),
        "rule_return": N_("rule on the return"),
        "request_extension": N_("ask for extension"),
        "rule_extension": N_("rule on the extension"),
        "request_park": N_("ask for parking"),
        "rule_park": N_("rule on the parking"),
        "request_adjustment": N_("ask for adjustment"),
        "rule_adjustment": N_("rule on the adjustment"),
        "withdraw_request": N_("take a request back"),
        "decide_prepared": N_("decide a prepared step"),
    },
    "role": {
        "reporter": N_("reporter"),
        "commissioner": N_("commissioner of the project"),
        "unit_liaison": N_("unit liaison"),
        "unit_leader": N_("unit leader"),
        "triage_officer": N_("triage officer"),
        "office_chief": N_("office chief"),
        "deputy_director": N_("deputy director"),
        "principal": N_("principal leader"),
        "verifier": N_("verifier"),
        "inspector": N_("inspector"),
        "auditor": N_("auditor"),
        "sysadmin": N_("system administrator"),
        "secadmin": N_("security administrator"),
    },
    "kind": {
        "bureau": N_("bureau"),
        "town": N_("town"),
        "street": N_("street"),
        "department": N_("department"),
        "leadership": N_("leadership"),
        "external": N_("outside unit"),
    },
    "post": {
        "head": N_("head"),
        "deputy_head": N_("deputy head"),
        "liaison": N_("liaison"),
        "staff": N_("staff"),
    },
    "skip": {"weekend": N_("weekend"), "holiday": N_("holiday")},
}


def word(group: str, code: str | None) -> str:
    """The present language's word for a code; the code itself when it has none."""
    text = _WORDS[group].get(code or "")
    return _(text) if text else code or ""


def role_name(role: str) -> str:
    """A right by its word, with the code that commands take."""
    known = role in _WORDS["role"]
    return f"{word('role', role)} ({role})" if known else role


def role_names(roles: Iterable[str]) -> str:
    """Several rights, in the order of their codes."""
    return " / ".join(role_name(role) for role in sorted(roles))


def act_name(act: str) -> str:
    """What somebody does, with the code that the definition gives it."""
    known = act in _WORDS["act"]
    return f"{word('act', act)} ({act})" if known else act


def state_name(machine: MachineDefinition, state: str) -> str:
    """A state's name as the definition gives it."""
    found = machine.states.get(state)
    if found is None:
        return state
    return found.zh if current_language().startswith("zh") else found.en


def kind_name(kind: str) -> str:
    """The name of a kind of notice."""
    return KINDS[kind].title(current_language()) if kind in KINDS else kind


def moment_name(key: str, kind: str | None) -> str:
    """What the clock will do: a rung by its notice, a limit by its name."""
    return kind_name(kind) if kind else word("limit", key.split(":")[0])


def limit_text(unit: str, n: int | None) -> str:
    """A time limit in words."""
    texts = {
        "working_day": _("{n} working days"),
        "calendar_day": _("{n} calendar days"),
        "working_hour": _("{n} working hours"),
        "fixed_date": _("a fixed date"),
        "open_ended": _("no deadline"),
    }
    return texts.get(unit, unit).format(n=n) if n is not None or unit in texts else unit


def derivation_lines(derivation: Mapping[str, Any]) -> list[str]:
    """Why a deadline is what it is, line by line (invariant 7)."""
    unit, n = str(derivation.get("unit", "")), derivation.get("n")
    counted = unit in ("working_day", "calendar_day", "working_hour") and n is not None
    lines = [
        _("Limit: {limit} ({name}), cause: {cause}").format(
            limit=limit_text(unit, n) if counted else limit_text("fixed_date", None),
            name=derivation.get("limit_class", ""),
            cause=word("cause", derivation.get("cause")),
        )
    ]
    if unit == "working_hour" and derivation.get("start"):
        lines.append(_("Hours run from the very moment of the start, within office hours."))
    elif derivation.get("day_zero"):
        lines.append(_("Day zero, not counted: {day}").format(day=derivation["day_zero"]))
    lines += _skips(derivation.get("skipped") or ())
    if derivation.get("makeup"):
        lines.append(
            _("Counted, make-up workdays: {days}").format(days=_days(derivation["makeup"]))
        )
    if derivation.get("pause"):
        pause = derivation["pause"]
        lines.append(
            _("Clock stood still from {start} to {end}; deadline before: {due}").format(
                start=pause["from"], end=pause["to"], due=pause["old_due"]
            )
        )
    if derivation.get("provisional"):
        lines.append(
            _("Provisional: the statutory calendar of a year on the way is not published yet.")
        )
    return lines


def _days(days: Iterable[str]) -> str:
    return ("、" if current_language().startswith("zh") else ", ").join(days)


def _skips(skipped: Iterable[Mapping[str, Any]]) -> list[str]:
    """Days that were stepped over; those in a row of one cause and name are joined."""
    lines = []
    days = [(date.fromisoformat(s["day"]), s["cause"], s["name"]) for s in skipped]
    # days in a row have the same distance from their place in the list
    rows = groupby(enumerate(days), key=lambda x: (x[1][0].toordinal() - x[0], *x[1][1:]))
    for (_distance, cause, name), row in rows:
        found = [day.isoformat() for _place, (day, _cause, _name) in row]
        span = found[0] if len(found) == 1 else f"{found[0]} … {found[-1]}"
        lines.append(
            _("Not counted: {days} ({cause})").format(days=span, cause=name or word("skip", cause))
        )
    return lines
