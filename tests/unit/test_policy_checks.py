"""Every kind of fault that `xiaohao policy check` must name, made by spoiling the shipped files."""

from __future__ import annotations

import re

import pytest

from config.faults import Fault
from config.policy import shipped_policy
from config.workflow_definition import shipped_workflow
from models.directory import Directory, UnitInfo
from notifications import template_check
from workflow.checks import check_definitions, check_policy, check_workflow

POLICY, WORKFLOW = shipped_policy(), shipped_workflow()


def spoilt(text: str, *changes: tuple[str, str]) -> str:
    """The text with each pattern's first place replaced; a pattern that is not there fails."""
    for pattern, replacement in changes:
        text, n = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE | re.DOTALL)
        assert n == 1, f"{pattern!r} is not in the file any more"
    return text


def faults_of(policy: str = POLICY, workflow: str = WORKFLOW) -> dict[str, Fault]:
    """Faults by key."""
    found = check_policy(policy, "config/policy.toml")
    found += check_workflow(workflow, "config/workflow.toml")
    return {fault.key: fault for fault in found}


def test_the_shipped_definitions_have_no_fault() -> None:
    assert check_definitions(POLICY, WORKFLOW) == []


# pattern, replacement, key of the fault
POLICY_FAULTS = [
    (r'^timezone = "Asia/Shanghai"', 'timezone = "Asia/Changzhou"', "policy.timezone"),
    (r"^weekdays = \[.*?\]", "weekdays = []", "hours.weekdays"),
    (r"^open = \[\[.*?\]\]", "open = []", "hours.open"),
    (r'\["13:30", "17:30"\]', '["17:30", "13:30"]', "hours.open"),
    (r'\["13:30", "17:30"\]', '["11:30", "17:30"]', "hours.open"),
    (r'\["13:30", "17:30"\]', '["13:30", "half six"]', "hours.open"),
    (r'^day_end = "17:30"', 'day_end = "24:30"', "hours.day_end"),
    (r'^fire_at = "09:00"', 'fire_at = "9 Uhr"', "hours.fire_at"),
    (r'^fire_at = "09:00"', 'fire_at = "12:30"', "hours.fire_at"),
    (r"^n = 7 ", "n = 0 ", "limits.ordinary.n"),
    (r"^n = 15[^\n]*", "", "limits.complex.n"),
    (
        r'^limit = "complex"[^\n]*\nverifier = "sthj"',
        'verifier = "sthj"',
        "categories.排污总量.limit",
    ),
    (
        r'^limit = "complex"[^\n]*\nverifier = "sthj"',
        'limit = "soon"\nverifier = "sthj"',
        "categories.排污总量.limit",
    ),
    (
        r'^limit = "complex"[^\n]*\nverifier = "sthj"',
        'limit = "open_ended"\nverifier = "sthj"',
        "categories.排污总量.limit",
    ),
    (r'^code = "land"', 'code = "demolition"', "categories.用地.code"),
    (r'^lead = "zgj"', 'lead = "jfj"', "categories.用地.verifier"),
    (r'\["document", "acceptance", "before_after"\]', "[]", "categories.拆迁.evidence.kinds"),
    (
        r'^approvers = \["office_chief", "deputy_director"\]',
        'approvers = ["mayor"]',
        "extension.approvers",
    ),
    (
        r'^approvers = \["office_chief", "deputy_director"\]',
        "approvers = []",
        "extension.approvers",
    ),
    (r'^to = \["unit_head"\]', "to = []", "ladder.supervise.to"),
    (r'^kind = "supervise"', 'kind = "shout"', "ladder.supervise.kind"),
    (r'^key = "supervise"', 'key = "urge"', "ladder.urge.key"),
    (r"^level = 4", "level = 2", "ladder.bulletin.level"),
    (r"^offset = -3", "offset = -30", "ladder.remind-3.offset"),
    (r"^offset = 3 ", "offset = 1 ", "ladder.urge.offset"),
    (r"^urgent_factor = 0.5", "urgent_factor = 0.1", "ladder.remind-1.offset"),
    (r"^red_count = 2", "red_count = 0", "ladder.interview.red_count"),
    (r"^yellow_count = 3", "yellow_count = 0", "ladder.interview.yellow_count"),
    (r'^preparer = "office_chief"', 'preparer = "robot"', "escalation.preparer"),
    (r'^decider = "deputy_director"', 'decider = "robot"', "escalation.decider"),
    (r'^override_role = "deputy_director"', 'override_role = "god"', "closure.override_role"),
    (r'^major_approver = "deputy_director"', 'major_approver = "x"', "closure.major_approver"),
    (r"^days = \[30, 90\]", "days = [90, 30]", "lookback.days"),
    (r"^days = \[30, 90\]", "days = [0, 30]", "lookback.days"),
    (r'^windows = \["09:10", "14:10"\]', 'windows = ["14:10", "09:10"]', "delivery.windows"),
    (r'^windows = \["09:10", "14:10"\]', "windows = []", "delivery.windows"),
    (r'^windows = \["09:10", "14:10"\]', 'windows = ["soon"]', "delivery.windows"),
    (r'^urgent_kinds = \["relapse"\]', 'urgent_kinds = ["pigeon"]', "delivery.urgent_kinds"),
    (r"^invest_red_points = 30", "invest_red_points = 5", "project_lights.invest_red_points"),
    (r"^start_red_months = 3", "start_red_months = 0", "project_lights.start_red_months"),
    (r"^\[lights\]", "[ligths]", "lights"),
    (r"^\[lights\]", "[ligths]", "ligths"),
]


@pytest.mark.parametrize(
    ("pattern", "replacement", "key"), POLICY_FAULTS, ids=[f"{f[2]} {f[1]}" for f in POLICY_FAULTS]
)
def test_a_fault_of_the_policy_is_named_with_file_key_and_remedy(
    pattern: str, replacement: str, key: str
) -> None:
    found = faults_of(policy=spoilt(POLICY, (pattern, replacement)))
    assert key in found, f"only {list(found)}"
    assert found[key].file == "config/policy.toml"
    assert found[key].message
    assert found[key].remedy


WORKFLOW_FAULTS = [
    (r'^initial = "draft"', 'initial = "birth"', "issue.initial"),
    (
        r'^source = \["approving"\]\ndest = "closed"',
        'source = ["nowhere"]\ndest = "closed"',
        "issue.transitions.approve.source",
    ),
    (r'^dest = "closed"', 'dest = "heaven"', "issue.transitions.approve.dest"),
    (r'^dest = "verifying"', 'dest = "in_progress"', "issue.states.verifying"),
    (r", terminal = true \}\nmerged", " }\nmerged", "issue.states.rejected"),
    (
        r'phase = "closure" \}\nclosed',
        'phase = "closure", terminal = true }\nclosed',
        "issue.states.approving",
    ),
    (
        r'^guards = \["reason_given"\]',
        'guards = ["nonsense"]',
        "issue.transitions.send_back.guards",
    ),
    (r'^roles = \["triage_officer"\]', 'roles = ["king"]', "issue.transitions.send_back.roles"),
    (r'^roles = \["triage_officer"\]', "roles = []", "issue.transitions.send_back.roles"),
    (r'^notice = "intake_result"', 'notice = "fax"', "issue.transitions.send_back.notice"),
    (r'^trigger = "start_triage"', 'trigger = "send_back"', "issue.transitions.send_back"),
    (
        r'^overridable = \["approver_is_third_person"',
        'overridable = ["reason_given"',
        "issue.transitions.approve.overridable",
    ),
    (
        r'^name = "plan_task"\nstates = \["triaging"',
        'name = "plan_task"\nstates = ["dreaming"',
        "issue.acts.plan_task.states",
    ),
    (r'^name = "unlist"', 'name = "list"', "issue.acts.list"),
    (r'^scope = "reporter"', 'scope = "lead"', "issue.transitions.report.scope"),
    (
        r'^\[\[task\.transitions\]\]\ntrigger = "reopen".*?notice = ""\n',
        "",
        "task.transitions.reopen",
    ),
    (r'^\[\[task\.transitions\]\]\ntrigger = "reopen".*?notice = ""\n', "", "task.states.verified"),
    (r'^roles = \["triage_officer"\]', 'rolls = ["triage_officer"]', "issue.transitions.1.rolls"),
]


@pytest.mark.parametrize(
    ("pattern", "replacement", "key"),
    WORKFLOW_FAULTS,
    ids=[f"{f[2]} {f[1][:30]}" for f in WORKFLOW_FAULTS],
)
def test_a_fault_of_the_workflow_is_named_with_file_key_and_remedy(
    pattern: str, replacement: str, key: str
) -> None:
    found = faults_of(workflow=spoilt(WORKFLOW, (pattern, replacement)))
    assert key in found, f"only {list(found)}"
    assert found[key].file == "config/workflow.toml"
    assert found[key].message
    assert found[key].remedy


def test_all_faults_of_both_files_are_named_at_once() -> None:
    policy = spoilt(
        POLICY,
        (r'^to = \["unit_head"\]', "to = []"),
        (r"^offset = -3", "offset = -60"),
        (r'^limit = "complex"[^\n]*\nverifier = "sthj"', 'verifier = "sthj"'),
    )
    workflow = spoilt(
        WORKFLOW,
        (r'^guards = \["reason_given"\]', 'guards = ["nonsense"]'),
        (r'^dest = "verifying"', 'dest = "in_progress"'),
        (r'^roles = \["triage_officer"\]', 'rolls = ["triage_officer"]'),
    )
    assert set(faults_of(policy, workflow)) == {
        "ladder.supervise.to",
        "ladder.remind-3.offset",
        "categories.排污总量.limit",
        "issue.transitions.send_back.guards",
        "issue.states.verifying",
        "issue.transitions.1.rolls",
        "issue.transitions.1.roles",
    }


def test_a_file_that_is_no_toml_does_not_hide_the_faults_of_the_other() -> None:
    workflow = spoilt(WORKFLOW, (r'^guards = \["reason_given"\]', 'guards = ["nonsense"]'))
    found = check_definitions("this is = = no toml", workflow, policy_file="my.toml")
    assert [(f.file, f.key) for f in found] == [
        ("my.toml", "(file)"),
        ("config/workflow.toml", "issue.transitions.send_back.guards"),
    ]


def test_a_category_that_names_an_unknown_unit_is_found_in_the_directory() -> None:
    units = {"zjj", "jfj", "zgj", "sthj", "spj"}  # no czj, which leads 资金
    directory = Directory()
    for number, code in enumerate(sorted(units), start=1):
        directory.units[number] = UnitInfo(number, code, code, "", "department", None, False, True)
        directory.by_code[code] = directory.units[number]
    found = check_definitions(POLICY, WORKFLOW, directory=directory)
    assert [f.key for f in found] == ["categories.资金.lead"]


def test_a_template_that_does_not_render_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        template_check, "check_templates", lambda: ["urge/body.en.j2: 'x' is undefined"]
    )
    [found] = check_definitions(POLICY, WORKFLOW)
    assert found.file == "notifications/templates"
    assert "urge/body.en.j2" in found.message
