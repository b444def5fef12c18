"""A case file as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from cli.output import light, line, moment, pair
from config.i18n import gettext as _
from workflow.wording import derivation_lines, kind_name, word

Data = Mapping[str, Any]


def print_case(case: Data) -> None:
    """The whole of it."""
    click.echo(click.style(f"{case['number']}  {case['title']}", bold=True))
    line(_("Phase and state"), f"{case['phase_name']} / {case['state_name']}")
    line(_("Light"), light(case["light"], case["light_reason"]))
    line(_("Version"), case["version"])
    line(_("Category"), case["category_name"])
    line(_("Problem"), case["description"])
    line(_("Project"), case["project"] or case["no_project_reason"])
    line(_("Town or street"), case["board"])
    line(_("Reported by"), f"{case['reporter']} ({case['reporter_unit']})")
    line(_("Found on"), case["found_on"])
    line(_("Marks"), _marks(case))
    line(_("Merged into"), case["merged_into"])
    line(_("Review of the parking on"), case["park_review_on"])
    line(_("Archived in"), case["archived"] and case["archived"]["name"])
    line(_("Closed"), case["closed_at"] and f"{moment(case['closed_at'])} {case['approver']}")
    for task in case["tasks"]:
        click.echo()
        print_task(task)
    _print_lookbacks(case["lookbacks"])
    _print_ahead(case["ahead"], 0)
    print_timeline(case["timeline"])


def _marks(case: Data) -> list[str]:
    marks = [
        (case["urgent"], _("urgent")),
        (case["major"], _("major")),
        (case["listed"], _("listed supervision")),
        (case["coordination_level"] > 1, f"L{case['coordination_level']}"),
        (case["relapse_count"], _("relapses: {n}").format(n=case["relapse_count"])),
        (case["override_count"], _("rules waived: {n}").format(n=case["override_count"])),
    ]
    return [text for holds, text in marks if holds]


def print_task(task: Data) -> None:
    """One task with its deadlines, requests, proof and what the clock will do."""
    head = _("Task {number}: {state}").format(number=task["number"], state=task["state_name"])
    click.echo(click.style(head, bold=True))
    line(_("Light"), light(task["light"], task["light_reason"]), 2)
    line(_("Version"), task["version"], 2)
    line(_("Lead unit"), task["lead_unit"], 2)
    line(
        _("Responsible"),
        [n for n in (task["responsible_leader"], task["responsible_person"]) if n],
        2,
    )
    line(_("Verified by unit"), task["verifier_unit"], 2)
    line(_("Problem"), task["problem"], 2)
    line(_("Measures"), task["measures"], 2)
    line(_("Standard of completion"), task["standard"], 2)
    line(_("Supervision level"), task["level"] or None, 2)
    line(_("Result"), task["result"], 2)
    line(
        _("Verified"),
        task["verified_at"] and f"{moment(task['verified_at'])} {task['verified_by']}",
        2,
    )
    _print_deadlines(task)
    for co in task["co_units"]:
        states = {"awaited": _("awaited"), "given": _("given"), "waived": _("waived")}
        line(
            _("Supporting unit"),
            pair(co["unit"], f"{states.get(co['state'], co['state'])} {co['text']}"),
            2,
        )
    for request in task["requests"]:
        _print_request(request)
    for proof in task["evidence"]:
        digest = f" sha256:{proof['sha256'][:12]}…" if proof["sha256"] else ""
        line(
            _("Evidence"),
            f"[{proof['kind']}] {proof['name']}{digest} "
            f"({proof['added_by']} {moment(proof['added_at'])})",
            2,
        )
    for step in task["prepared"]:
        line(
            _("Prepared step {number}").format(number=step["id"]),
            f"{kind_name(step['kind'])} ({step['state']}) {step['reason']}",
            2,
        )
    _print_ahead(task["ahead"], 2)


def _print_deadlines(task: Data) -> None:
    mark = _(" (provisional)") if task["provisional"] else ""
    line(_("Deadline"), moment(task["due_at"]) + mark if task["due_at"] else None, 2)
    if not task["dispatched_at"] and task["fixed_due_at"]:
        fixed = _("{when} (fixed)").format(when=moment(task["fixed_due_at"]))
        line(_("Deadline"), fixed, 2)
    for version in task["deadlines"]:
        newest = version is task["deadlines"][-1]
        line(
            _("Deadline version {n}").format(n=version["n"]),
            f"{moment(version['due_at'])} ({word('cause', version['cause'])})",
            4,
        )
        for text in derivation_lines(version["derivation"]) if newest else ():
            click.echo(f"      {text}")


def _print_request(request: Data) -> None:
    kind, state = word("request", request["kind"]), word("ruling", request["state"])
    wanted = moment(request["new_due_at"]) if request["new_due_at"] else ""
    line(
        _("Request {number}").format(number=request["id"]),
        f"{kind} {wanted} ({request['asked_by']} {moment(request['asked_at'])}): "
        f"{request['reason']} → {state} {request['ruled_by']} {request['opinion']}".rstrip(),
        2,
    )


def _print_lookbacks(lookbacks: Iterable[Data]) -> None:
    states = {"planned": _("planned"), "ok": _("holds"), "relapse": _("the problem is back")}
    for item in lookbacks:
        line(
            _("Look-back"),
            f"{moment(item['due_at'])} {states.get(item['state'], '')} "
            f"{item['finding']} {item['inspector']}".rstrip(),
        )


def _print_ahead(ahead: Iterable[Data], indent: int) -> None:
    items = list(ahead)
    if items:
        click.echo(" " * indent + _("Ahead, if nobody acts:"))
    for item in items:
        level = _("level {n}").format(n=item["level"]) if item["level"] else ""
        mode = word("mode", item["mode"]) if item["mode"] else ""
        tail = ", ".join(text for text in (level, mode) if text)
        click.echo(
            " " * (indent + 2)
            + f"{moment(item['at'])}  {item['name']}"
            + (f" ({tail})" if tail else "")
        )


def print_timeline(events: Iterable[Data]) -> None:
    """Who did what, and when."""
    click.echo()
    click.echo(click.style(_("Timeline"), bold=True))
    system = _("the system")
    for event in events:
        late = (
            ""
            if event["logical_at"] == event["at"]
            else (_(" [due {when}]").format(when=moment(event["logical_at"])))
        )
        words = [str(event["data"][k]) for k in _TELLING if event["data"].get(k)]
        click.echo(
            f"  {event['seq']:>3}  {moment(event['at'])}{late}  "
            f"{event['actor'] or system}  {event['name']}  "
            f"{event['task'] or ''}  {' / '.join(words)}".rstrip()
        )


_TELLING = (
    "rung",
    "outcome",
    "reason",
    "text",
    "opinion",
    "result",
    "requirement",
    "finding",
    "cause",
    "due",
    "limit",
    "override",
)
