"""信函 and forms as PDF, and that the same facts make the same bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from notifications.documents import fonts
from notifications.documents.sheet import Annex, Grid, Para, Row, Sheet
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
    text = "".join(line.text for line in drawn(as_pdf(form())).lines(0))
    number = "WT-2026-000001-01"
    for part in ("督办单", "督办事由", TEXT[:20], number, "签收人", "签收时间", "钱永年"):
        assert part in text


def test_numbers_are_found_and_copied_as_they_are_written_wherever_a_line_may_break() -> None:
    number, address = "WT-2026-000001-01", "https://example.org/" + "a" * 80
    of = drawn(as_pdf(sheet("letter", paragraphs=(Para(f"任务{number}，见{address}。"),))))
    lines = [line for n in range(len(of.pages)) for line in of.lines(n)]
    text = "".join(line.text for line in lines)
    assert number in text and address in text and STAMP.date in text
    assert max(mm(line.right) for line in lines if "aaa" in line.text) <= 184.3


MARKED = "".join(f"《{n}》协调产权单位迁移杆线" for n in range(1, 251))
"""Words that fill several pages, and show which of them are there."""


def marks(of: Sheet) -> list[int]:
    """The marks that are drawn inside the type area, as they stand."""
    found = []
    for page in drawn(as_pdf(of)).pages:
        inside = "".join(c["text"] for c in page.chars if mm(c["bottom"]) <= 297 - 35 + 0.5)
        found += [int(n) for n in re.findall(r"《(\d+)》", inside)]
    return found


@pytest.mark.parametrize("layout", ["form", "annex", "last row"])
def test_a_row_that_no_page_could_hold_goes_on_and_loses_nothing(layout: str) -> None:
    last = layout == "last row"
    texts = ("迁移", MARKED) if last else (MARKED, "迁移")
    grid = Grid(("序号", "任务"), (1, 40), (("1", texts[0]), ("2", texts[1])))
    of = replace(form(), grid=grid, strips=() if last else form().strips)
    if layout == "annex":
        of = sheet("file", annexes=(Annex("清单", grid),))
    assert marks(of) == list(range(1, 251))


@pytest.mark.parametrize("grid", [True, False])
def test_a_long_last_row_goes_with_the_signature(grid: bool) -> None:
    text = "协调产权单位迁移杆线，" * 30
    for more in range(0, 30, 3):
        before = tuple(Row("办理措施", "迁移") for _ in range(more))
        listed = Grid(("序号", "任务"), (1, 5), (("1", text),))
        of = replace(
            form(), rows=(*before, Row("意见", text)), grid=listed if grid else None, strips=()
        )
        made = drawn(as_pdf(of))
        page = next(n for n in range(len(made.pages)) if STAMP.date in texts(made, n))
        assert "迁移杆线" in texts(made, page)


def texts(of: Drawn, page: int) -> str:
    """All the words of a page."""
    return "".join(line.text for line in of.lines(page))


def test_a_row_that_a_page_can_hold_is_not_cut() -> None:
    text = "".join(f"《{n}》协调产权单位迁移杆线" for n in range(1, 60))
    of = replace(form(), grid=Grid(("序号", "任务"), (1, 40), (("1", text), ("2", text))))
    pages = [
        {int(n) for n in re.findall(r"《(\d+)》", "".join(c["text"] for c in page.chars))}
        for page in drawn(as_pdf(of)).pages
    ]
    assert [p for p in pages if p] == [set(range(1, 60))] * 2


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
