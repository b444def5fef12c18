"""Texts: complete in both languages, and inert whatever people typed into them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError

from config.i18n import LANGUAGES
from notifications import moments
from notifications.examples import EXAMPLES, TASK
from notifications.facts import MEANINGS, facts_of
from notifications.items import Item
from notifications.kinds import CHOICES, DEFAULTS, KINDS, faults_of
from notifications.render import (
    IN_FULL,
    NAMED,
    RenderError,
    environment,
    render_bundle,
    render_notice,
)
from notifications.template_check import check_templates

LINK = "https://xh.example.org/issues/WT-2026-000001"
MAIL_BYTES = 1_000_000
"""No mail server that is in use takes less."""


def test_every_kind_renders_in_both_languages() -> None:
    assert check_templates() == []


def test_every_kind_has_its_four_templates_and_no_folder_is_left_over() -> None:
    names = {name for name in environment().list_templates() if not name.startswith("_")}
    wanted = {
        f"{kind}/{part}.{language}.j2"
        for kind in KINDS
        for part in ("subject", "body")
        for language in LANGUAGES
    }
    assert wanted <= names
    assert {name.split("/")[0] for name in names} == set(KINDS)


def test_every_outcome_and_every_todo_has_an_example() -> None:
    for kind, (fact, values) in CHOICES.items():
        assert {facts.get(fact, "") for facts in EXAMPLES[kind]} == set(values), kind


def test_required_facts_are_known_facts() -> None:
    for kind in KINDS.values():
        assert kind.required <= DEFAULTS.keys(), kind.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_names_the_matter_and_links_to_it(kind: str, language: str) -> None:
    for facts in EXAMPLES[kind]:
        rendered = render_notice(kind, language, facts)
        assert facts["link"] in rendered.text
        assert facts.get("issue_title", "") in rendered.subject + rendered.text
        assert "\n" not in rendered.subject
        assert "{" not in rendered.text
        assert "None" not in rendered.text


NEXT = {"zh_CN": "下步安排：", "en": "What happens next: "}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_says_for_whom_by_when_and_what_happens_next(kind: str, language: str) -> None:
    when = {"zh_CN": moments.zh, "en": moments.en}[language]
    for facts in EXAMPLES[kind]:
        text = render_bundle([Item(kind, facts)], language, "王建国").text
        assert "王建国" in text.splitlines()[0]
        assert facts.get("lead_unit", "") in text
        assert text.count(NEXT[language]) == 1, facts
        gone = facts.get("outcome") in ("withdrawn", "parked") or kind in PAST_DEADLINES
        refused = facts.get("outcome") == "refused" and kind == "extension_ruling"
        due = facts.get("old_deadline") if refused else facts.get("new_deadline")
        due = due or facts.get("deadline")
        if due and not gone:
            assert when(due) in text, facts
            if facts.get("derivation"):
                assert ORIGINS[language][facts["derivation"]["cause"]] in text, facts


PAST_DEADLINES = frozenset({"closed", "intake_result", "fault", "document", "return_ruling"})
"""Kinds that set no deadline: nothing is left to do, or another order sets it."""
ORIGINS = {
    "zh_CN": {
        "dispatch": "按交办要求确定",
        "extension": "按延期批复确定",
        "park_resume": "恢复办理后顺延",
        "closure_rejected": "按不予销号意见确定",
        "calendar": "按调整后的工作日历重新核定",
        "relapse": "按反弹重新交办要求确定",
        "adjust": "按要素调整确定",
        "reassign": "按改派要求确定",
    },
    "en": {
        "dispatch": "set on dispatch",
        "extension": "set by the ruling",
        "park_resume": "carried on after parking",
        "closure_rejected": "set when closure was refused",
        "calendar": "recalculated from the amended working calendar",
        "relapse": "set when the issue was dispatched again",
        "adjust": "set by a change of terms",
        "reassign": "set when the task was reassigned",
    },
}


def test_no_chinese_sentence_slips_into_the_english_texts() -> None:
    facts = {
        name: "x" if isinstance(value, str) and not value.isascii() else value
        for name, value in TASK.items()
    }
    for kind, (fact, values) in {**CHOICES, "urge": ("role", ("to", "copy"))}.items():
        for value in values:
            told = {**facts, fact: value, "old_deadline": "2026-10-16 17:30", "co_units": ["x"]}
            told |= {"document_kind": "x", "document_title": "x", "title": "x"}
            rendered = render_notice(kind, "en", told)
            assert (rendered.subject + rendered.text).isascii(), kind


def test_an_urging_notice_says_what_by_when_and_what_comes_next() -> None:
    rendered = render_notice("urge", "zh_CN", TASK)
    assert rendered.subject == (
        "催办通知：JFJ-2026-0012-01 十千伏架空线影响桩基施工（已超期1个工作日）"
    )
    assert "办理时限：2026年10月23日17:30（自2026年9月24日起15个工作日，按交办要求确定）" in (
        rendered.text
    )
    assert "至2026年10月28日09:00仍未办结的，进入督办第3级（督办单）" in rendered.text


def test_the_english_one_says_the_same() -> None:
    rendered = render_notice("urge", "en", TASK)
    assert rendered.subject.endswith("(1 working day overdue)")
    assert (
        "Deadline: 17:30 on 23 October 2026 (15 working days from 24 September 2026, set on "
        "dispatch)" in rendered.text
    )
    assert "at 09:00 on 28 October 2026, it moves to level 3 (supervision order)" in rendered.text


@pytest.mark.parametrize("kind", ["urge", "supervise", "bulletin", "interview"])
@pytest.mark.parametrize("days", [0, -1])
def test_what_is_chased_before_its_deadline_is_not_called_overdue(kind: str, days: int) -> None:
    facts = {**TASK, "days_over": days, "reason": "请报送停电计划。"}
    chinese, english = (render_notice(kind, language, facts).text for language in LANGUAGES)
    assert "超" not in chinese
    assert "past its deadline" not in english
    assert "请报送停电计划。" in chinese


def test_without_a_deadline_the_subject_counts_no_days() -> None:
    rendered = render_notice("urge", "zh_CN", {**TASK, "deadline": "", "days_over": 0})
    assert rendered.subject == "催办通知：JFJ-2026-0012-01 十千伏架空线影响桩基施工"


def test_a_copy_is_not_told_to_act() -> None:
    facts = {**TASK, "todo": "verify", "overdue": True, "role": "copy"}
    rendered = render_notice("todo", "zh_CN", facts)
    assert rendered.subject.endswith("（已超时）（抄送）")
    assert "请立即处理" not in rendered.text


def test_a_fact_of_none_is_as_good_as_unsaid() -> None:
    facts = {**TASK, "derivation": None, "next_step": None, "responsible_person": None}
    text = render_notice("urge", "zh_CN", facts).text
    assert "办理时限：2026年10月23日17:30\n" in text
    assert "责任人" not in text


def test_a_provisional_deadline_says_so() -> None:
    provisional = {**TASK, "derivation": {**TASK["derivation"], "provisional": True}}
    assert "暂定期限" in render_notice("urge", "zh_CN", provisional).text
    assert "provisional until" in render_notice("urge", "en", provisional).text


def test_a_missing_fact_is_named() -> None:
    facts = {name: value for name, value in TASK.items() if name != "lead_unit"}
    with pytest.raises(RenderError, match="urge: fact 'lead_unit' is missing"):
        render_notice("urge", "zh_CN", facts)


def test_an_unknown_kind_and_an_unknown_outcome_are_named() -> None:
    with pytest.raises(RenderError, match="unknown kind 'gossip'"):
        render_notice("gossip", "zh_CN", TASK)
    assert faults_of("parked", {**TASK, "outcome": "lost"}) == [
        "parked: outcome is 'lost', not one of parked, resumed, refused"
    ]


def test_facts_of_a_wrong_type_are_a_render_error() -> None:
    with pytest.raises(RenderError, match=r"urge/subject.zh_CN.j2"):
        render_notice("urge", "zh_CN", {**TASK, "days_over": "many"})


HOSTILE = "{{ 7*7 }}{% for x in ().__class__.__bases__ %}\r\nBcc: eve@example.org\u2028\x00\x07"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_typed_is_never_evaluated(language: str) -> None:
    facts: dict[str, Any] = {**TASK, "issue_title": HOSTILE, "problem": HOSTILE}
    rendered = render_notice("urge", language, facts)
    assert "{{ 7*7 }}{% for x in ().__class__.__bases__ %} Bcc: eve@example.org" in (
        rendered.subject
    )
    assert "49" not in rendered.text
    assert not set("\r\n\u2028\x00\x07") & set(rendered.subject)
    assert not set("\r\u2028\x00\x07") & set(rendered.text)


def test_a_typed_line_cannot_pose_as_a_line_of_the_notice() -> None:
    facts = {**TASK, "problem": "线路未迁移。\n办理时限：2036年1月1日"}
    lines = render_notice("urge", "zh_CN", facts).text.splitlines()
    assert sum(line.startswith("办理时限：") for line in lines) == 1
    assert "    办理时限：2036年1月1日" in lines


def test_a_very_long_title_is_cut_in_the_subject_only() -> None:
    facts = {**TASK, "issue_title": "线" * 400}
    rendered = render_notice("urge", "zh_CN", facts)
    assert len(rendered.subject) == 150
    assert "线" * 400 in rendered.text


@pytest.mark.parametrize(
    "trick",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ (lambda_ or cycler).__init__.__globals__ }}",
        "{{ link|attr('__class__') }}",
        "{{ range(999999999)|list }}",
        "{{ derivation.update({'n': 1}) }}",
    ],
)
def test_the_sandbox_refuses_tricks_in_a_template(trick: str) -> None:
    with pytest.raises((SecurityError, TemplateError)):
        environment().from_string("{% set lambda_ = cycler %}" + trick).render(TASK)


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    with pytest.raises(TemplateError, match="dedline"):
        environment().from_string("{{ dedline }}").render(TASK)


def test_one_notice_keeps_its_own_subject() -> None:
    rendered = render_bundle([Item("urge", TASK)], "zh_CN", "王建国")
    assert rendered.subject == "【销号】" + render_notice("urge", "zh_CN", TASK).subject
    assert rendered.text.startswith("王建国同志：\n\n下列任务已超过办理时限")


def test_several_are_counted_and_listed_most_urgent_first() -> None:
    dispatch = Item("dispatch", {**TASK, "task_number": "T-3"})
    later = Item("urge", {**TASK, "task_number": "T-2", "days_over": 1})
    longer = Item("urge", {**TASK, "task_number": "T-1", "days_over": 2})
    rendered = render_bundle([dispatch, later, longer], "zh_CN", "王建国")
    assert rendered.subject == "【销号】3项：催办2、交办1"
    places = [rendered.text.index(f"{n} 十千伏") for n in ("T-1", "T-2", "T-3")]
    assert places == sorted(places)
    english = render_bundle([dispatch, later, longer], "en", "Wang Jianguo")
    assert english.subject == "[Xiaohao] 3 notices: urging 2, dispatch 1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_very_many_the_first_are_told_the_next_named_and_the_others_counted(
    language: str,
) -> None:
    many = [
        Item(
            "urge", {**TASK, "task_number": f"T-{n}", "days_over": 2000 - n, "link": f"{LINK}/{n}"}
        )
        for n in range(NAMED + 7)
    ]
    rendered = render_bundle(many, language, "王建国")
    assert f"{len(many)}" in rendered.subject
    for n, item in enumerate(many):
        number, link = item.facts["task_number"], f"{LINK}/{n}\n"
        assert (link in rendered.text) == (n < NAMED), number
        assert (f'href="{LINK}/{n}"' in rendered.html()) == (n < NAMED), number
    last, next_one = f"{IN_FULL}/{len(many)}", f"{IN_FULL + 1}/{len(many)}"
    one_more = render_notice("urge", language, many[IN_FULL].facts)
    assert last in rendered.text and next_one in rendered.text
    assert one_more.subject in rendered.text and one_more.text not in rendered.text
    assert re.search(r"\b7\b|另有7项", rendered.text) and re.search(
        r"\b7\b|另有7项", rendered.html()
    )
    assert len(rendered.html().encode()) < MAIL_BYTES


def test_as_many_as_are_told_in_full_leave_no_rest() -> None:
    exactly = [Item("urge", {**TASK, "task_number": f"T-{n}"}) for n in range(IN_FULL)]
    text = render_bundle(exactly, "zh_CN", "王建国").text
    assert text.count("下列任务已超过办理时限") == IN_FULL and "仅列标题" not in text


def test_what_is_marked_urgent_stands_before_graver_kinds() -> None:
    urgent = Item("todo", {**TASK, "todo": "triage", "task_number": "T-2"}, urgent=True)
    rendered = render_bundle([Item("urge", TASK), urgent], "zh_CN", "王建国")
    assert rendered.text.index("T-2") < rendered.text.index("催办通知")


def test_a_message_without_notices_is_refused() -> None:
    with pytest.raises(RenderError):
        render_bundle([], "zh_CN", "王建国")


def test_an_unknown_language_falls_back_to_chinese() -> None:
    assert render_notice("urge", "tlh", TASK) == render_notice("urge", "zh_CN", TASK)


def test_every_fact_that_a_template_may_speak_of_is_explained() -> None:
    assert MEANINGS.keys() >= DEFAULTS.keys()
    for kind in KINDS:
        listed = facts_of(kind)
        assert {fact.name for fact in listed} == DEFAULTS.keys()
        sure = [fact.name for fact in listed if fact.sure]
        assert [fact.name for fact in listed[: len(sure)]] == sure
        assert set(sure) == KINDS[kind].required


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_who_stands_in_is_told_for_whom(kind: str, language: str) -> None:
    facts = EXAMPLES[kind][-1]
    assert "孙敏" not in render_notice(kind, language, facts).text
    first = render_notice(kind, language, facts | {"instead_of": "孙敏"}).text.splitlines()[0]
    assert "孙敏" in first
