"""GB/T 9704-2012 measured in the PDF: every figure of the domain rules, section 8.

Positions are read from the drawing (a character's em box reaches 0.88 em above its baseline
and 0.12 em below) or, where ink is meant, from a picture at 300 dpi.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from notifications.documents import fonts
from notifications.documents.sheet import Para
from tests.sheets import NAME, STAMP, TEXT, Drawn, Line, as_pdf, drawn, mm, sheet

PITCH, CHAR, INK = 28.95, 15.75, 0.3
"""Points, points, and what a picture of 300 dpi can tell apart, in mm."""


def near(value: float, wanted: float, within: float = 0.15) -> bool:
    return abs(value - wanted) <= within


def top(line: Line, of: Drawn) -> float:
    """The top of a line's em boxes from the page's top, in mm."""
    return mm(float(of.pages[0].height) - line.base - 0.88 * line.size)


def bottom(line: Line, of: Drawn) -> float:
    return mm(float(of.pages[0].height) - line.base + 0.12 * line.size)


def gap(above: Line, below: Line) -> float:
    """From baseline to baseline in body lines, sizes apart."""
    return (above.base - below.base) / PITCH


# ---------------------------------------------------------------- page and grid


def test_the_page_is_a4_and_the_text_keeps_to_the_type_area(file: Drawn) -> None:
    for page in file.pages:
        assert near(mm(page.width), 210) and near(mm(page.height), 297)
    lines = [line for n in range(3) for line in file.lines(n) if "—" not in line.text]
    body = [line for line in lines if len(line.text) == 28]
    assert near(mm(min(line.left for line in body)), 28, 1)
    assert near(mm(max(line.right for line in body)), 184, 1)
    tops = [top(line, file) for line in file.lines(1)[:-1]]
    assert 36 <= min(tops) <= 37 + mm(PITCH - 16) / 2 + 1


def test_a_page_holds_22_lines_of_28_characters_at_a_pitch_of_28_95_points(file: Drawn) -> None:
    lines = file.lines(1)[:-1]  # without the page number
    assert len(lines) == 22
    for above, below in pairwise(lines):
        assert near(above.base - below.base, PITCH, 0.02)
    assert max(len(line.text) for line in lines) == 28
    assert {round(line.size, 1) for line in lines} == {16.0}
    steps = [b["x0"] - a["x0"] for a, b in pairwise(lines[5].chars)]
    assert all(near(step, CHAR, 0.05) for step in steps)


# ---------------------------------------------------------------- 版头 of a file


def test_the_red_mark_begins_35_mm_below_the_type_area_and_is_centred_on_one_line(
    file: Drawn,
) -> None:
    left, ink_top, right, _ = file.ink(0, (20, 60, 200, 90))
    assert near(ink_top, 37 + 35, INK)
    assert near((left + right) / 2, 28 + 78, 1)
    assert right - left <= 156
    (mark,) = [line for line in file.lines(0) if "文件" in line.text]
    assert mark.chars[0]["non_stroking_color"] == (1, 0, 0)


@pytest.mark.parametrize("name", ["经济发展局", NAME * 2])
def test_a_short_or_long_name_still_fits_on_one_line(name: str) -> None:
    of = drawn(as_pdf(sheet("file", mark=name + "文件")))
    (mark,) = [line for line in of.lines(0) if line.text == name + "文件"]
    assert mm(mark.right - mark.left) <= 156
    assert near(of.ink(0, (20, 60, 200, 110))[1], 72, INK)


def test_the_number_stands_two_lines_below_the_mark_and_the_rule_4_mm_below_the_number(
    file: Drawn,
) -> None:
    number = file.line(0, "〔2026〕4号")
    _, _, _, mark_bottom = file.ink(0, (20, 60, 200, 90))
    assert near(top(number, file) - mark_bottom, mm(2 * PITCH), 0.5)
    assert near(mm((number.left + number.right) / 2), 106, 0.5)
    (rule,) = file.rules(0, red=True)
    assert near(mm(rule["top"]) - bottom(number, file), 4)
    assert near(mm(rule["x0"]), 28) and near(mm(rule["x1"]), 184)


def test_an_upward_document_has_its_number_left_and_its_signer_right() -> None:
    of = drawn(as_pdf(sheet("file", upward=True)))
    line = of.line(0, "〔2026〕4号")
    assert near(mm(line.left), 28 + mm(CHAR), 0.3)
    assert near(mm(line.right), 184 - mm(CHAR), 0.3)
    assert line.text.endswith("签发人：钱永年")


def test_serial_secrecy_and_urgency_stand_top_left_in_that_order() -> None:
    of = drawn(as_pdf(sheet("file", copy_no="000001", secrecy="内部", urgency="特急")))
    found = of.lines(0)[:3]
    assert [line.text for line in found] == ["000001", "内部", "特急"]
    assert all(near(mm(line.left), 28, 0.3) and near(line.size, 16) for line in found)
    assert found[1].font.startswith("NotoSans") and found[2].font.startswith("NotoSans")
    assert near(of.ink(0, (60, 60, 200, 90))[1], 72, INK)  # the mark stays where it was


# ---------------------------------------------------------------- 主体


def test_the_title_is_two_lines_below_the_rule_in_2_hao_centred(file: Drawn) -> None:
    (rule,) = file.rules(0, red=True)
    first, second = file.line(0, "关于督促"), file.line(0, "等3项")
    assert near(first.size, 22) and near(second.size, 22)
    half_leading = (PITCH - 22) / 2
    assert near(top(first, file) - mm(rule["top"]), mm(2 * PITCH + half_leading), 0.3)
    for line in (first, second):
        assert near(mm((line.left + line.right) / 2), 106, 0.5)
    assert first.right - first.left > second.right - second.left  # a trapezium


def test_the_addressee_is_one_line_below_the_title_flush_left(file: Drawn) -> None:
    title, to = file.line(0, "等3项"), file.line(0, "横林镇")
    assert near(gap(title, to), 2 - 0.38 * (22 - 16) / PITCH, 0.02)
    assert near(mm(to.left), 28, 0.3)
    assert to.text.endswith("：")


def test_page_1_shows_text_indented_by_two_characters(file: Drawn) -> None:
    first = file.line(0, TEXT[:10])
    assert near(mm(first.left), 28 + mm(2 * CHAR), 0.3)


def test_levels_have_their_numerals_and_fonts(file: Drawn) -> None:
    wanted = (
        ("一、督办", "heiti"),
        ("（一）", "kaiti"),
        ("1. ", "fangsong"),
        ("（1）", "fangsong"),
    )
    for start, role in wanted:
        line = next(x for x in file.lines(0) if x.text.startswith(start))
        assert near(mm(line.left), 28 + mm(2 * CHAR), 0.3), start
        family = fonts.chosen()[role].replace(" ", "")
        assert line.font.startswith(family), start


def test_attachments_are_listed_one_line_below_and_hang(file: Drawn) -> None:
    page = next(n for n in range(4) if any("附件：" in line.text for line in file.lines(n)))
    lines = file.lines(page)
    at = next(n for n, line in enumerate(lines) if "附件：" in line.text)
    assert near(gap(lines[at - 1], lines[at]), 2, 0.02)
    assert near(mm(lines[at].left), 28 + mm(2 * CHAR), 0.3)
    numeral = next(c for c in lines[at].chars if c["text"] == "1")
    assert near(numeral["x0"], lines[at + 1].left, 0.3)
    assert lines[at + 1].text == "2. 现场照片目录"  # nothing closes it


def place(of: Drawn, issuer: str) -> tuple[list[Line], int]:
    page = next(n for n in range(len(of.pages)) if any(line.text == issuer for line in of.lines(n)))
    lines = of.lines(page)
    return lines, next(n for n, line in enumerate(lines) if line.text == issuer)


def test_with_a_seal_the_date_ends_four_characters_from_the_right_below_the_issuer() -> None:
    of = drawn(as_pdf(sheet("file", issuer="经济发展局", attachments=())))
    lines, n = place(of, "经济发展局")
    issuer, date = lines[n], lines[n + 1]
    assert date.text == "2026年9月8日"  # Arabic figures, no leading zeros
    assert near(mm(date.right), 184 - mm(4 * CHAR), 0.5)
    assert near((issuer.left + issuer.right) / 2, (date.left + date.right) / 2, 1)
    assert near(gap(issuer, date), 1, 0.02)
    # a seal of 42 mm with its middle on issuer and date ends within one line of the text
    middle = (issuer.base + date.base) / 2 + 0.38 * 16
    above = (lines[n - 1].base - middle - 0.12 * 16) / 72 * 25.4
    assert 21 <= above <= 21 + mm(PITCH) + 1


def test_a_long_issuer_stays_centred_on_the_date_inside_the_type_area(file: Drawn) -> None:
    lines, n = place(file, NAME)
    issuer, date = lines[n], lines[n + 1]
    assert near((issuer.left + issuer.right) / 2, (date.left + date.right) / 2, 1)
    assert mm(issuer.right) <= 184.3


@pytest.mark.parametrize("seal", [True, False])
def test_an_issuer_longer_than_a_line_keeps_the_date_whole_inside_the_type_area(seal: bool) -> None:
    name = NAME + "综合行政执法局规划建设管理大队重点工程质量安全监督管理第一中队"
    of = drawn(as_pdf(sheet("file", issuer=name, with_seal=seal, attachments=())))
    date = next(
        line for n in range(len(of.pages)) for line in of.lines(n) if line.text == STAMP.date
    )
    assert mm(date.left) >= 28 and mm(date.right) <= 184.3
    if seal:
        assert near(mm((date.left + date.right) / 2), 106, 0.5)  # in the middle, as the name is


@pytest.mark.parametrize("issuer", ["江苏常州经济开发区经济发展局", "发展局"])
def test_without_a_seal_issuer_and_date_keep_their_places(issuer: str) -> None:
    of = drawn(as_pdf(sheet("file", issuer=issuer, with_seal=False, attachments=())))
    lines, n = place(of, issuer)
    own, date = lines[n], lines[n + 1]
    assert near(gap(lines[n - 1], own), 2, 0.02)  # one blank line
    if date.right - date.left + 2 * CHAR > own.right - own.left:  # the date is the longer one
        assert near(mm(date.right), 184 - mm(2 * CHAR), 0.5)
    else:
        assert near(mm(own.right), 184 - mm(2 * CHAR), 0.5)
    assert near(date.left - own.left, 2 * CHAR, 1)


def test_the_signature_is_never_cut_in_two() -> None:
    for more in range(8):
        body = tuple(Para("文") for _ in range(4 + more))
        of = drawn(as_pdf(sheet("file", paragraphs=body, attachments=(), annexes=(), note="")))
        lines, n = place(of, NAME)
        assert lines[n + 1].text == "2026年9月8日"


def test_the_note_is_indented_in_brackets_on_the_next_line(file: Drawn) -> None:
    lines, n = place(file, NAME)
    note = lines[n + 2]
    assert note.text == "（此件公开发布）"
    assert near(gap(lines[n + 1], note), 1, 0.02)
    assert near(note.chars[0]["x0"], (28 / 25.4 * 72) + 2 * CHAR, 0.5)


def test_an_annex_begins_a_page_with_its_title_on_line_3(file: Drawn) -> None:
    head, title = file.lines(3)[:2]
    assert head.text == "附件" and head.font.startswith("NotoSans")
    assert near(mm(head.left), 28, 0.3)
    assert near(top(head, file), 37 + mm((PITCH - 16) / 2), 0.3)
    assert near(top(title, file), 37 + mm(2 * PITCH + (PITCH - 22) / 2), 0.3)
    assert near(mm((title.left + title.right) / 2), 106, 0.5)


# ---------------------------------------------------------------- 版记 and page numbers


def test_the_imprint_ends_where_the_type_area_ends_with_rules_of_035_and_025_mm(
    file: Drawn,
) -> None:
    last = len(file.pages) - 1
    rules = [r for r in file.rules(last, red=False) if mm(r["x1"] - r["x0"]) > 150][-3:]
    assert [round(mm(r["linewidth"]), 2) for r in rules] == [0.35, 0.25, 0.35]
    for rule in rules:
        assert near(mm(rule["x0"]), 28) and near(mm(rule["x1"]), 184)
    assert near(mm(rules[-1]["top"]), 262, 1)
    copies, printed = file.line(last, "抄送："), file.line(last, "印发")
    assert copies.text == "抄送：党政办公室，建设局。"
    assert near(copies.size, 14) and near(printed.size, 14)
    assert near(mm(copies.left), 28 + mm(14), 0.3)
    assert printed.text.endswith("2026年9月8日印发")
    assert near(mm(printed.right), 184 - mm(14), 0.3)


def test_page_numbers_alternate_7_mm_below_the_type_area(file: Drawn) -> None:
    for n in range(len(file.pages)):
        line = file.lines(n)[-1]
        assert line.text == f"— {n + 1} —"
        assert near(line.size, 14)
        if n % 2 == 0:
            assert near(mm(line.right), 184 - mm(14), 0.5)
        else:
            assert near(mm(line.left), 28 + mm(14), 0.5)
        dash = line.chars[0]
        box = (mm(dash["x0"]), 264, mm(dash["x1"]), 276)
        assert near(file.ink(n, box)[1], 262 + 7, INK)
