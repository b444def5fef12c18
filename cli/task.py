"""`xiaohao task`: what units do with a task, and reading."""

from __future__ import annotations

from typing import Any

import click

from cli.build import NEW_DUE, OPINION, REASON, Field, loop_command
from cli.kit import Common, acting, group, option
from config.i18n import N_
from config.i18n import gettext as _


@group(N_("Acknowledge, report on, submit and verify tasks."))
def task() -> None:
    """The task's steps."""


@task.command("amend", help=N_("Amend a planned task before its dispatch."))
@click.argument("number", metavar="NUMBER")
@option("--measures", help=N_("What is to be done."))
@option("--problem", help=N_("The problem, in the task's own words."))
@option("--standard", help=N_("When it counts as done."))
@option("--lead", help=N_("Lead unit, by code or name."))
@option("--verifier", help=N_("Verifying unit, by code or name."))
@option("--co-unit", "co_units", multiple=True, help=N_("Supporting unit; may be repeated."))
@option("--no-co-units", is_flag=True, help=N_("No supporting unit any more."))
@option("--limit", help=N_("Class of time limit."))
@option("--days", type=int, help=N_("Another number of days or hours for that class."))
@option("--due", help=N_("A fixed deadline instead."))
@option("--urgent/--ordinary", default=None, help=N_("Urgent or not."))
@acting
def amend(
    common: Common,
    number: str,
    due: str | None,
    co_units: tuple[str, ...],
    no_co_units: bool,
    **fields: Any,
) -> None:
    """Change what is named; everything else of the plan stays."""
    from cli.perform import perform
    from workflow.commands import amending

    named = {name: value for name, value in fields.items() if value is not None}
    if co_units or no_co_units:
        named["co_units"] = co_units
    perform(
        common,
        lambda call: amending.amend_task(
            call.s,
            actor=call.actor,
            task=number,
            changes=named | ({"due": call.moment(due, "deadline")} if due else {}),
            now=call.now,
            expected_version=common.expected_version,
        ),
    )


_EVIDENCE_HELP = N_(
    "Proof as KIND=FILE; may be repeated. Kinds: document, photo, before_after, "
    "site_check, permit, acceptance."
)
_REFERENCE_HELP = N_("Proof kept elsewhere, as KIND=NAME; may be repeated.")


@task.command("submit", help=N_("Submit a task as done, with its proof."))
@click.argument("number", metavar="NUMBER")
@option("--result", default="", help=N_("What has been done."))
@option("--evidence", multiple=True, metavar="KIND=FILE", help=_EVIDENCE_HELP)
@option("--reference", multiple=True, metavar="KIND=NAME", help=_REFERENCE_HELP)
@acting
def submit(
    common: Common,
    number: str,
    result: str,
    evidence: tuple[str, ...],
    reference: tuple[str, ...],
) -> None:
    """Sign the self-check and hand the task to the verifier."""
    from cli.perform import perform
    from workflow.commands import closure

    proofs = stored(common, number, evidence) + referred(reference)
    perform(
        common,
        lambda call: closure.submit_task(
            call.s,
            actor=call.actor,
            task=number,
            result=result,
            now=call.now,
            evidence=proofs,
            expected_version=common.expected_version,
        ),
    )


@task.command("evidence", help=N_("Attach proof to a task."))
@click.argument("number", metavar="NUMBER")
@option("--evidence", multiple=True, metavar="KIND=FILE", help=_EVIDENCE_HELP)
@option("--reference", multiple=True, metavar="KIND=NAME", help=_REFERENCE_HELP)
@option("--note", default="", help=N_("A remark on it."))
@acting
def evidence(
    common: Common, number: str, evidence: tuple[str, ...], reference: tuple[str, ...], note: str
) -> None:
    """Attach pieces of proof, all or none."""
    from cli.perform import perform
    from workflow.commands import closure
    from workflow.commands.base import Outcome

    proofs = stored(common, number, evidence, note) + referred(reference, note)
    if not proofs:
        raise click.UsageError(_("Name at least one --evidence or --reference."))

    def act(call: Any) -> Outcome:
        expected, outcome = common.expected_version, None
        for proof in proofs:
            outcome = closure.add_evidence(
                call.s,
                actor=call.actor,
                task=number,
                proof=proof,
                now=call.now,
                expected_version=expected,
            )
            expected = None
        assert outcome is not None
        return outcome

    perform(common, act)


def stored(common: Common, number: str, pairs: tuple[str, ...], note: str = "") -> list[Any]:
    """Files looked at and put into the evidence store, as proofs. Raises `Malformed`."""
    from pathlib import Path

    from cli.session import reading
    from workflow.commands.closure import Proof
    from workflow.evidence_safety import accept_file, keeps_gps

    if not pairs:
        return []
    with reading(common) as call:
        keep = keeps_gps(call.s, number)
    proofs = []
    for pair in pairs:
        kind, path = _pair(pair)
        file = accept_file(Path(path), keep_gps=keep)
        proofs.append(Proof(kind, file.name, note, file.digest, file.size))
    return proofs


def referred(pairs: tuple[str, ...], note: str = "") -> list[Any]:
    """Proof that is kept elsewhere and only named here."""
    from workflow.commands.closure import Proof

    return [Proof(*_pair(pair), note) for pair in pairs]


def _pair(text: str) -> tuple[str, str]:
    from workflow.errors import Malformed, Reason

    kind, sign, value = text.partition("=")
    if not sign or not kind.strip() or not value.strip():
        raise Malformed(
            Reason(
                "evidence_malformed",
                _("{text} does not say which kind it is.").format(text=text),
                "evidence",
                _("Write KIND=FILE, e.g. document=report.pdf."),
            )
        )
    return kind.strip(), value.strip()


_LEADER = Field(
    "responsible_leader", N_("Username of the responsible leader."), names=("--leader",)
)
_PERSON = Field("responsible_person", N_("Username of the handler."), names=("--person",))
_TEXT = Field("text", N_("The text."))
_UNIT = Field("unit", N_("The supporting unit, by code or name."))
_REQUIREMENT = Field("requirement", N_("What must still be done."))
_SITE_CHECK = Field("site_check", N_("Record of the site check."))

for _name, _help, _target, _fields in (
    (
        "ack",
        N_("Acknowledge a task and name who is responsible."),
        "assignment:acknowledge",
        (_LEADER, _PERSON),
    ),
    ("progress", N_("Report progress."), "supervision:progress", (_TEXT,)),
    ("co-input", N_("Give a supporting unit's input."), "supervision:co_input", (_TEXT,)),
    (
        "waive",
        N_("Do without a supporting unit's input."),
        "supervision:waive_co_input",
        (_UNIT, REASON),
    ),
    (
        "reject",
        N_("Send a submitted task back with requirements."),
        "closure:reject_submission",
        (OPINION, _REQUIREMENT, NEW_DUE),
    ),
    ("verify", N_("Verify a submitted task."), "closure:verify_task", (OPINION, _SITE_CHECK)),
    ("withdraw", N_("Withdraw a task."), "breakdown:drop_task", (REASON,)),
    (
        "waive-evidence",
        N_("Do without the category's evidence."),
        "closure:waive_evidence",
        (REASON,),
    ),
):
    loop_command(task, _name, _help, _target, "task", *_fields)
loop_command(task, "urge", N_("Urge by hand."), "supervision:urge", "task", _TEXT, tells="urge")

import cli.task_reading  # noqa: E402, F401  (adds `show` and `mine`)
