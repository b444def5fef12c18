"""信函 and forms as PDF, and that the same facts make the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notifications.documents import fonts
from notifications.documents.sheet import Para, Sheet
from tests.sheets import NAME, STAMP, TEXT, Drawn, as_pdf, drawn, form, mm, sheet
from tests.unit.test_gb9704_pdf import INK, PITCH, bottom, near, top

# ---------------------------------------------------------------- 信函


def test_a_letter_s_mark_begins_30_mm_from_the_page_s_edge_without_文件(letter: Drawn) -> None:
    assert near(letter.ink(0, (22, 20, 188, 43))[1], 30, INK)
    assert letter.lines(0)[0].text == NAME


def test_a_letter_has_red_double_rules_of_170_mm(letter: Drawn) -> None:
    rules = letter.rules(0, red=True)
    assert len(rules) == 4
    for rule in rules:
        assert near(mm(rule["x1"] - rule["x0"]), 170) and near(mm(rule["x0"]), 20)
    widths = [r["linewidth"] for r in rules]
    assert widths[0] > widths[1] and widths[2] < widths[3]  # thick over thin, thin over thick
    mark_bottom = letter.ink(0, (22, 20, 188, mm(rules[0]["top"]) - 1))[3]
    assert near(mm(rules[0]["top"] - widths[0] / 2) - mark_bottom, 4, INK)
    assert near(mm(rules[3]["top"] + widths[3] / 2), 297 - 20, INK)
    assert letter.rules(1, red=True) == []


def test_a_letter_s_number_is_flush_right_under_the_rule_and_its_title_two_lines_below(
    letter: Drawn,
) -> None:
    number, title = letter.line(0, "〔2026〕4号"), letter.line(0, "关于督促")
    second = letter.rules(0, red=True)[1]
    assert near(mm(number.right), 184, 0.5)
    assert near(top(number, letter) - mm(second["top"] + 0.35), mm(14), 0.2)  # 7/8 of 3号
    wanted = mm(2 * PITCH + (PITCH - 22) / 2)
    assert near(top(title, letter) - bottom(number, letter), wanted, 0.2)


def test_a_letter_has_no_number_on_page_1_and_a_bare_imprint(letter: Drawn) -> None:
    assert not any("—" in line.text for line in letter.lines(0))
    assert letter.lines(1)[-1].text == "— 2 —"
    last = len(letter.pages) - 1
    assert letter.line(last, "抄送：").text == "抄送：党政办公室，建设局。"
    assert not any("印发" in line.text for line in letter.lines(last))
    ruled = [r for r in letter.rules(last, red=False) if mm(r["top"]) > 200]
    assert ruled == []


# ---------------------------------------------------------------- forms, bytes, data


def test_a_form_shows_every_row_and_leaves_strips_to_be_filled() -> None:
    text = "".join(line.text for line in drawn(as_pdf(form())).lines(0)).replace("\u200b", "")
    for part in ("督办单", "督办事由", TEXT[:20], "WT-2026-", "签收人", "签收时间", "钱永年"):
        assert part in text


@pytest.mark.parametrize("of", [sheet("file"), sheet("letter"), form()], ids=lambda s: s.layout)
def test_the_same_document_is_always_the_same_bytes(of: Sheet) -> None:
    first = as_pdf(of)
    assert as_pdf(of) == first
    assert as_pdf(of, replace(STAMP, number="常经开经〔2026〕5号")) != first


def test_what_was_typed_is_shown_and_never_run(file: Drawn) -> None:
    nasty = '#panic("x") $a$ *b* \\ <c> @d {{ 7*7 }} //e'
    of: Any = drawn(as_pdf(sheet("file", paragraphs=(Para(nasty),))))
    shown = "".join(line.text for line in of.lines(0))
    for part in ('#panic("x")', "$a$", "*b*", "<c>", "@d", "{{ 7*7 }}", "//e"):
        assert part in shown


def test_substitutions_are_named() -> None:
    assert fonts.substitutions() == {
        "xiaobiaosong": "Noto Serif SC",
        "fangsong": "Noto Serif SC",
        "kaiti": "Noto Serif SC",
        "heiti": "Noto Sans SC",
        "songti": "Noto Serif SC",
    }
