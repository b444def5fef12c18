"""A task as part of its issue's case file."""

from __future__ import annotations

from typing import Any

from config.i18n import gettext as _
from config.workflow_definition import MachineDefinition
from models import tables
from workflow import ladder
from workflow.case_reader import Data, Reader
from workflow.timeline_words import value_word
from workflow.wording import kind_name, moment_name, ruling_name, state_name, word


def _state_name(machine: MachineDefinition, task: Any) -> str:
    """Nobody can acknowledge what has not been handed over yet."""
    if task.dispatched_at is None and task.state == machine.initial:
        return _("To be handed over")
    return state_name(machine, task.state)


def task_part(r: Reader, task: Any) -> Data:
    """One task with its deadlines, requests, proof, prepared steps and what the clock will do."""
    machine = r.ctx.workflow(task.workflow_version_id).task
    return {
        "number": task.number,
        "version": task.version,
        "state": task.state,
        "state_name": _state_name(machine, task),
        "light": task.light,
        "light_reason": task.light_reason,
        "level": task.level,
        "problem": task.problem,
        "measures": task.measures,
        "standard": task.standard,
        "lead_unit": r.unit(task.lead_unit_id),
        "lead_unit_code": r.code(task.lead_unit_id),
        "verifier_unit": r.unit(task.verifier_unit_id),
        "verifier_unit_code": r.code(task.verifier_unit_id),
        "responsible_leader": r.person(task.responsible_leader_id),
        "responsible_person": r.person(task.responsible_person_id),
        "urgent": task.urgent,
        "limit_class": task.limit_class,
        "limit_n": task.limit_n,
        "fixed_due_at": r.local(task.fixed_due_at),
        "dispatched_at": r.local(task.dispatched_at),
        "due_at": r.local(task.due_at),
        "original_due_at": r.local(task.original_due_at),
        "provisional": task.provisional,
        "paused_at": r.local(task.paused_at),
        "frozen_at": r.local(task.frozen_at),
        "submitted_at": r.local(task.submitted_at),
        "result": task.result,
        "submitted_by": r.person(task.submitted_by_id),
        "verified_at": r.local(task.verified_at),
        "verified_by": r.person(task.verified_by_id),
        "extension_count": task.extension_count,
        "rejection_count": task.rejection_count,
        "co_units": [_co_unit(r, c) for c in r.rows(tables.co_unit, task.id)],
        "deadlines": [_deadline(r, d) for d in r.rows(tables.deadline_version, task.id)],
        "requests": [_request(r, row) for row in r.rows(tables.request, task.id)],
        "evidence": [_evidence(r, e) for e in r.rows(tables.evidence, task.id)],
        "prepared": [_prepared(r, p) for p in r.rows(tables.prepared_action, task.id)],
        "ahead": ahead(r, task),
    }


def _co_unit(r: Reader, row: Any) -> Data:
    return {
        "unit": r.unit(row.unit_id),
        "unit_code": r.code(row.unit_id),
        "state": row.state,
        "state_name": value_word("co_unit", row.state),
        "text": row.text,
        "due_at": r.local(row.due_at),
        "answered_by": r.person(row.answered_by_id),
        "answered_at": r.local(row.answered_at),
    }


def _deadline(r: Reader, row: Any) -> Data:
    return {
        "n": row.n,
        "cause": row.cause,
        "cause_name": word("cause", row.cause),
        "due_at": r.local(row.due_at),
        "provisional": row.provisional,
        "derivation": row.derivation,
        "created_at": r.local(row.created_at),
    }


def _evidence(r: Reader, row: Any) -> Data:
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_name": value_word("evidence", row.kind),
        "name": row.name,
        "note": row.note,
        "sha256": row.sha256,
        "size": row.size,
        "cycle": row.cycle,
        "added_by": r.person(row.added_by_id),
        "added_at": r.local(row.added_at),
    }


def _prepared(r: Reader, row: Any) -> Data:
    return {
        "id": row.id,
        "rung": row.rung,
        "level": row.level,
        "kind": row.kind,
        "kind_name": kind_name(row.kind),
        "mode": row.mode,
        "state": row.state,
        "state_name": value_word("step", row.state),
        "reason": row.reason,
        "document": row.document_id,
        "prepared_at": r.local(row.prepared_at),
        "decided_by": r.person(row.decided_by_id),
        "decided_at": r.local(row.decided_at),
    }


def _request(r: Reader, row: Any) -> Data:
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_name": word("request", row.kind),
        "state": row.state,
        "state_name": ruling_name(row.kind, row.state),
        "reason": row.reason,
        "basis": row.basis,
        "progress": row.progress,
        "asked_by": r.person(row.asked_by_id),
        "asked_at": r.local(row.asked_at),
        "new_due_at": r.local(row.new_due_at),
        "review_on": r.local(row.review_on),
        "suggested_unit": r.unit(row.suggested_unit_id),
        "changes": row.changes,
        "wanted": r.teller().wanted(row.changes or {}),
        "ruling_due_at": r.local(row.ruling_due_at),
        "ruled_by": r.person(row.ruled_by_id),
        "ruled_at": r.local(row.ruled_at),
        "opinion": row.opinion,
    }


def ahead(r: Reader, task: Any) -> list[Data]:
    """What the clock will do next if nobody acts; changes of light are left out."""
    if task is None:
        agenda = ladder.issue_agenda(
            r.issue, r.lookbacks(), r.ctx.policy(r.issue.policy_version_id), r.calendar(), r.now
        )
    else:
        agenda = ladder.task_agenda(
            task,
            [q for q in r.rows(tables.request, task.id) if q.state == "open"],
            r.rows(tables.co_unit, task.id),
            r.ctx.policy(task.policy_version_id),
            r.calendar(task),
            r.now,
        )
    return [
        {
            "at": r.local(m.at),
            "key": m.key,
            "level": m.level,
            "kind": m.rung.kind if m.rung else None,
            "name": moment_name(m.key, m.rung.kind if m.rung else None),
            "mode": m.rung.mode if m.rung else None,
        }
        for m in agenda
        if m.sort != "light" and m.at > r.now
    ]
