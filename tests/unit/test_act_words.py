"""Every act has words in both languages; no code is shown where words belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from config.i18n import language, translate
from config.workflow_definition import parse_workflow, shipped_workflow
from workflow.act_words import ACTS, act_name, coded_act_name

ROOT = Path(__file__).parents[2]


def rule_names() -> set[str]:
    """Transitions and acts of both shipped machines."""
    definition = parse_workflow(shipped_workflow())
    machines = (definition.issue, definition.task)
    return {t.name for m in machines for t in m.transitions} | {
        act.name for m in machines for act in m.acts
    }


def batch_names() -> set[str]:
    """The second argument of every call of `refuse_others` in the tree."""
    calls = (
        node
        for path in sorted((ROOT / "workflow").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )
    return {
        ast.literal_eval(call.args[1])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "refuse_others"
    }


def test_the_table_has_every_rule_and_every_batch_and_nothing_else() -> None:
    assert set(ACTS) == rule_names() | batch_names()


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_is_named_in_both_languages(name: str) -> None:
    assert translate(ACTS[name], "zh_CN") != ACTS[name]
    with language("en"):
        assert act_name(name) == ACTS[name]
    with language("zh_CN"):
        assert coded_act_name(name) == f"{act_name(name)} ({name})"


def test_no_two_acts_of_a_machine_have_the_same_words() -> None:
    words = [translate(text, "zh_CN") for text in ACTS.values()]
    assert sorted(words) == sorted(set(words))


def test_an_act_of_an_office_s_own_definition_keeps_its_code() -> None:
    assert act_name("seal") == coded_act_name("seal") == "seal"
