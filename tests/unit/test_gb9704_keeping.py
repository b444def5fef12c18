"""GB/T 9704-2012, what must stay together and what must stay literal, in PDF and Word files."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest

from config.documents import document_rules
from notifications.documents.compose import compose
from notifications.documents.kinds import KINDS
from notifications.documents.sheet import Annex, Grid, Para, Row, Sheet
from tests.sheets import NAME, STAMP, Drawn, as_docx, as_pdf, drawn, form, mm, sheet

NASTY = (
    '{{ 7*7 }} {% if x %} {%p if x %} {_{ }_} {_% %_} {# c #} <w:p/> &amp; "q" \'a\' #panic("x") '
    "$a$ *b* _i_ \\ <c> @d //e ~ `f` = g [h] - /* k */ + l ]] ;"
)
"""Markup of Jinja, docxtpl, XML and typst."""


def flat(text: str) -> str:
    """Without blanks, and without the places at which a long word may break."""
    return re.sub(r"[\s​]", "", text)


def pdf_text(of: Drawn) -> str:
    return flat("".join(line.text for n in range(len(of.pages)) for line in of.lines(n)))


def docx_text(content: bytes) -> str:
    import docx
    from docx.oxml.ns import qn

    word = docx.Document(io.BytesIO(content))
    head = word.sections[0].first_page_header._element
    parts = [t.text or "" for root in (head, word.element) for t in root.iter(qn("w:t"))]
    return flat("".join(parts))


# ---------------------------------------------------------------- the signature is never alone


def signature_page(content: bytes) -> list[str]:
    """The lines of the page with the date of signing."""
    with pypdfium2.PdfDocument(content) as opened:
        texts = [page.get_textpage().get_text_range() for page in opened]
    pages = [[line.strip() for line in text.splitlines()] for text in texts]
    return next(lines for lines in pages if "2026年9月8日" in lines)


@pytest.mark.parametrize("layout", ["file", "letter"])
@pytest.mark.parametrize("attachments", [(), ("督办任务清单",)], ids=["plain", "attached"])
@pytest.mark.parametrize("last", [1, 3, 8, 30])
def test_some_of_the_text_goes_with_the_signature_wherever_the_page_ends(
    layout: str, attachments: tuple[str, ...], last: int
) -> None:
    for more in range(0, 24):
        words = (*(Para("文") for _ in range(more)), Para("末" * 28 * last))
        of = sheet(layout, paragraphs=words, attachments=attachments, annexes=(), note="")
        lines = signature_page(as_pdf(of))
        assert any("末" in line for line in lines[: lines.index("2026年9月8日")]), more


def test_a_heading_goes_with_the_last_paragraph() -> None:
    for more in range(0, 12):
        words = (*(Para("文") for _ in range(more)), Para("三、反馈时限", 1), Para("末" * 20))
        of = sheet("letter", paragraphs=words, attachments=(), annexes=(), note="")
        lines = signature_page(as_pdf(of))
        assert lines.index("三、反馈时限") < lines.index("末" * 20), more


@pytest.mark.parametrize("strips", [(), ("签收人", "签收时间")], ids=["bare", "strips"])
def test_a_form_s_last_row_goes_with_its_signature(strips: tuple[str, ...]) -> None:
    for more in range(10, 28):
        rows = tuple(Row(f"栏{n}", "文") for n in range(more))
        of = replace(form(), rows=rows, grid=None, strips=strips)
        lines = signature_page(as_pdf(of))
        wanted = strips[-1] if strips else f"栏{more - 1}"
        assert any(line.startswith(wanted) for line in lines), more


# ---------------------------------------------------------------- 主体, 版记


def test_nothing_but_the_red_parts_is_coloured() -> None:
    for layout in ("file", "letter"):
        of = drawn(as_pdf(sheet(layout)))
        for n, page in enumerate(of.pages):
            colours = {(c["text"], c["non_stroking_color"]) for c in page.chars}
            red = {text for text, colour in colours if colour == (1, 0, 0)}
            assert red == (set(of.lines(0)[0].text) if n == 0 else set())
            assert {colour for _text, colour in colours} - {(1, 0, 0)} <= {(0,), (0, 0, 0), 0}


def test_addressees_that_would_keep_the_text_off_page_1_stand_in_the_imprint() -> None:
    units = [{"name": f"某某某某某街道办事处第{n}科", "kind": "street"} for n in range(20)]
    made = composed("supervision_notice", addressees=units)
    assert made.addressees == "" and made.imprint[0].startswith("主送：某某")
    of = drawn(as_pdf(made))
    assert "现将有关事项通知如下" in pdf_text(Drawn(of.content, of.pages[:1]))
    assert "主送：" in "".join(line.text for line in of.lines(len(of.pages) - 1))
    assert "主送：" in docx_text(as_docx(made))


def test_minutes_name_nobody_above_the_text() -> None:
    made = composed("meeting_minutes")
    assert made.addressees == "" and made.imprint == ("主送：横林镇。",)
    assert made.mark != made.title


def test_several_annexes_are_numbered_and_each_begins_a_page() -> None:
    grid = Grid(("序号",), (1,), (("1",),))
    of = sheet("file", annexes=(Annex("甲清单", grid), Annex("乙清单", grid)))
    pdf = drawn(as_pdf(of))
    heads = [pdf.lines(n)[0].text for n in range(len(pdf.pages))]
    assert heads[-2:] == ["附件1", "附件2"]
    text = docx_text(as_docx(of))
    assert "附件1甲清单" in text and "附件2乙清单" in text


def composed(kind: str, **changed: Any) -> Sheet:
    """A sheet as the engine makes it, from plain facts."""
    rules = document_rules().issuer("jfj", "经济发展局")
    task = {
        "number": "WT-2026-000001-01", "issue_number": "WT-2026-000001", "issue_title": "杆线",
        "measures": "迁移", "lead_unit": "建设局", "deadline": "2026-09-21 17:30",
        "days_over": 5, "urges": 2, "light": "红灯",
    }  # fmt: skip
    issue = {"number": "WT-2026-000001", "title": "杆线", "units": ["建设局"], "light": "红灯"}
    given = {one.name: "某事" for one in KINDS[kind].fields} | {"feedback_by": "2026-10-12"}
    facts = {
        "issuer": {"code": "jfj", "kind": "bureau", **rules.model_dump()},
        "addressees": [{"name": "横林镇", "kind": "town"}],
        "copies": [],
        "tasks": [task],
        "issues": [issue],
        "given": given,
        "contact": {"name": "李文", "phone": ""},
        "standings": [],
    }
    return compose(KINDS[kind], facts | changed)


# ---------------------------------------------------------------- what was typed stays what it was


@pytest.mark.parametrize("layout", ["file", "letter"])
def test_markup_of_any_kind_comes_out_literally_in_every_part(layout: str) -> None:
    grid = Grid(("序号", NASTY), (1, 5), (("1", NASTY),))
    of = sheet(
        layout, paragraphs=tuple(Para(NASTY, level) for level in range(5)), title=NASTY,
        addressees=NASTY, attachments=(NASTY, NASTY), copies=NASTY, note=NASTY, issuer=NASTY,
        annexes=(Annex(NASTY, grid),),
    )  # fmt: skip
    shown, word = pdf_text(drawn(as_pdf(of))), docx_text(as_docx(of))
    # title, addressee, five levels, two attachments, copy, note, issuer, annex, its grid's cells
    assert shown.count(flat(NASTY)) >= 12
    assert word.count(flat(NASTY)) == 15


def test_markup_in_a_form_comes_out_literally() -> None:
    grid = Grid((NASTY,), (1,), ((NASTY,),))
    of = replace(form(), title=NASTY, rows=(Row(NASTY, NASTY),), grid=grid, strips=(NASTY,))
    assert docx_text(as_docx(of)).count(flat(NASTY)) == 6
    assert "{_{" in docx_text(as_docx(of)) and "49" not in docx_text(as_docx(of))
    assert pdf_text(drawn(as_pdf(of))).count(flat('#panic("x")')) >= 4


def test_markup_in_the_stamp_and_the_mark_comes_out_literally() -> None:
    stamp = replace(STAMP, number="常经〔2026〕1号 {{ x }} #y", signer="*钱* {{ 1 }}")
    of = sheet("file", mark=NAME + "#x{{ 1 }}", upward=True)
    shown, word = pdf_text(drawn(as_pdf(of, stamp))), docx_text(as_docx(of, stamp))
    for text in (stamp.number, stamp.signer, of.mark):
        assert flat(text) in shown and flat(text) in word


def test_the_parts_of_a_word_file_hold_no_external_reference() -> None:
    content = as_docx(sheet("file", paragraphs=(Para(NASTY),)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert b'TargetMode="External"' not in archive.read(name), name


def test_the_type_area_is_kept_by_what_is_typed() -> None:
    of = drawn(as_pdf(sheet("file", paragraphs=(Para("A" * 400), Para("字" * 3_000)))))
    for page in of.pages:
        assert mm(max(c["x1"] for c in page.chars)) <= 184.5
