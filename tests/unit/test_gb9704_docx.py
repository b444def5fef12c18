"""GB/T 9704-2012 read back from the Word files: the same figures as in the PDF."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from docx.oxml.ns import qn

from notifications.documents import build_templates, word
from notifications.documents.shape import document_number, numeral, title, zh_date
from notifications.documents.sheet import Para, Sheet, read
from tests.sheets import NAME, STAMP, as_docx, form, sheet

PITCH = 28.95


def mm(twips: Any) -> float:
    return float(twips) / 1440 * 25.4


def near(value: float, wanted: float, within: float = 0.1) -> bool:
    return abs(value - wanted) <= within


class Word:
    """A Word file with its styles resolved."""

    def __init__(self, content: bytes) -> None:
        self.package = zipfile.ZipFile(io.BytesIO(content))
        self.document = docx.Document(io.BytesIO(content))
        self.styles = {s.style_id: s.element for s in self.document.styles}

    def paragraph(self, style: str, n: int = 0) -> Any:
        return [p for p in self.document.element.iter(qn("w:p")) if p.style == style][n]

    def texts(self, style: str) -> list[str]:
        return [
            "".join(t.text or "" for t in p.iter(qn("w:t")))
            for p in self.document.element.iter(qn("w:p"))
            if p.style == style
        ]

    def value(self, style: str, path: str, name: str = "val", paragraph: Any = None) -> str | None:
        """A property as the paragraph has it, else as its style has it."""
        for holder in (paragraph, self.styles[style]):
            found = holder.find("/".join(map(qn, path.split("/")))) if holder is not None else None
            if found is not None and found.get(qn(f"w:{name}")) is not None:
                return str(found.get(qn(f"w:{name}")))
        return None

    def font(self, style: str) -> tuple[str | None, float, float]:
        """Family, size in points, spacing of characters in points."""
        return (
            self.value(style, "w:rPr/w:rFonts", "eastAsia"),
            float(self.value(style, "w:rPr/w:sz") or 0) / 2,
            float(self.value(style, "w:rPr/w:spacing") or 0) / 20,
        )


@pytest.fixture(scope="module")
def file() -> Word:
    return Word(as_docx(sheet("file")))


@pytest.fixture(scope="module")
def letter() -> Word:
    return Word(as_docx(sheet("letter")))


@pytest.mark.parametrize("layout", build_templates.LAYOUTS)
def test_the_shipped_templates_are_what_the_script_makes(layout: str) -> None:
    assert (build_templates.FOLDER / f"{layout}.docx").read_bytes() == build_templates.build(layout)


@pytest.mark.parametrize("layout", ["file", "letter", "form"])
def test_page_and_grid(layout: str) -> None:
    of = Word(as_docx(form() if layout == "form" else sheet(layout)))
    section = of.document.sections[0]
    measures = {
        "page_width": 210, "page_height": 297, "top_margin": 37, "left_margin": 28,
        "bottom_margin": 35, "right_margin": 26,
    }  # fmt: skip
    for name, wanted in measures.items():
        assert near(getattr(section, name).mm, wanted), name
    grid = section._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:linePitch")) == "579"
    assert 22 * PITCH <= 225 / 25.4 * 72 and 28 * (16 - 0.25) <= 156 / 25.4 * 72


@pytest.mark.parametrize(
    ("style", "family", "size"),
    [
        ("GbBody", "仿宋_GB2312", 16),
        ("GbLevel1", "黑体", 16),
        ("GbLevel2", "楷体_GB2312", 16),
        ("GbLevel3", "仿宋_GB2312", 16),
        ("GbLevel4", "仿宋_GB2312", 16),
        ("GbNumber", "仿宋_GB2312", 16),
        ("GbAddressee", "仿宋_GB2312", 16),
        ("GbSlot", "黑体", 16),
        ("GbCopyNo", "仿宋_GB2312", 16),
        ("GbAnnex", "黑体", 16),
    ],
)
def test_fonts_are_named_with_size_and_spacing(
    file: Word, style: str, family: str, size: float
) -> None:
    assert file.font(style) == (family, size, -0.25)


def test_title_mark_imprint_and_page_numbers_have_their_own_fonts(file: Word) -> None:
    assert file.font("GbTitle")[:2] == ("方正小标宋简体", 22)
    assert file.font("GbMark")[0] == "方正小标宋简体"
    assert file.font("GbImprint")[:2] == ("仿宋_GB2312", 14)
    assert file.font("GbPageOdd")[:2] == ("宋体", 14)


@pytest.mark.parametrize("style", ["GbBody", "GbLevel1", "GbTitle", "GbAddressee", "GbDate"])
def test_lines_have_the_exact_pitch_and_no_paragraph_snaps_to_the_grid(
    file: Word, style: str
) -> None:
    assert file.value(style, "w:pPr/w:spacing", "line") == "579"
    assert file.value(style, "w:pPr/w:spacing", "lineRule") == "exact"
    assert file.value(style, "w:pPr/w:snapToGrid") == "0"


def test_the_red_mark_is_35_mm_below_the_type_area_centred_on_one_line(file: Word) -> None:
    mark = file.paragraph("GbMark")
    assert file.value("GbMark", "w:rPr/w:color") == "FF0000"
    assert file.value("GbMark", "w:pPr/w:jc") == "center"
    before = float(file.value("GbMark", "w:pPr/w:spacing", "before") or 0)
    slots = [p for p in file.document.paragraphs if p._p.style in ("GbCopyNo", "GbSlot")]
    assert len(slots) == 3
    assert near(mm(3 * 579 + before), 35)
    size = float(file.value("GbMark", "w:r/w:rPr/w:sz", paragraph=mark) or 0) / 2
    assert size * len(NAME + "文件") <= 156 / 25.4 * 72
    assert float(file.value("GbMark", "w:pPr/w:spacing", "line", mark) or 0) / 20 == size


def test_number_rule_title_and_addressee_keep_their_distances(file: Word) -> None:
    assert file.texts("GbNumber") == ["常经开经〔2026〕4号"]
    assert file.value("GbNumber", "w:pPr/w:spacing", "before") == str(2 * 579)
    assert file.value("GbNumber", "w:pPr/w:jc") == "center"
    assert near(mm(file.value("GbRule", "w:pPr/w:spacing", "line")), 4)
    assert file.value("GbRule", "w:pPr/w:pBdr/w:bottom", "color") == "FF0000"
    assert file.value("GbRule", "w:pPr/w:ind", "left") is None  # as wide as the type area
    assert file.value("GbTitle", "w:pPr/w:spacing", "before") == str(2 * 579)
    assert file.value("GbTitle", "w:pPr/w:jc") == "center"
    assert len(list(file.paragraph("GbTitle").iter(qn("w:br")))) == 1
    assert file.value("GbAddressee", "w:pPr/w:spacing", "before") == "579"
    assert file.texts("GbAddressee") == ["横林镇人民政府："]


def test_text_is_indented_by_two_characters_through_an_indent(file: Word) -> None:
    for style in ("GbBody", "GbLevel1", "GbLevel2", "GbLevel3", "GbLevel4", "GbNote"):
        assert file.value(style, "w:pPr/w:ind", "firstLineChars") == "200"
        assert file.value(style, "w:pPr/w:ind", "firstLine") == "630"
    assert not any(text.startswith((" ", "　")) for text in file.texts("GbBody"))


def test_an_upward_document_names_its_signer_beside_the_number() -> None:
    of = Word(as_docx(sheet("file", upward=True)))
    assert of.texts("GbNumber") == []
    assert of.texts("GbNumberUp") == ["常经开经〔2026〕4号签发人：钱永年"]
    assert of.value("GbNumberUp", "w:pPr/w:ind", "leftChars") == "100"
    assert of.value("GbNumberUp", "w:pPr/w:ind", "rightChars") == "100"
    assert of.value("GbSigner", "w:rPr/w:rFonts", "eastAsia") == "楷体_GB2312"


def test_attachments_hang_at_their_numerals(file: Word) -> None:
    assert file.texts("GbAttachment") == ["附件：1. 督办任务清单"]
    assert file.texts("GbAttachmentNext") == ["2. 现场照片目录"]
    starts = []
    for style in ("GbAttachment", "GbAttachmentNext"):
        left = int(file.value(style, "w:pPr/w:ind", "leftChars") or 0)
        starts.append(left - int(file.value(style, "w:pPr/w:ind", "hangingChars") or 0))
    assert starts == [200, 500]  # 2 characters, and 3 more for 附件：
    assert file.value("GbAttachment", "w:pPr/w:spacing", "before") == "579"


@pytest.mark.parametrize(
    ("issuer", "seal", "date_right", "issuer_right"),
    [
        # the date takes 4 digits + 年 + 1 + 月 + 1 + 日 = 3 whole and 6 half characters = 6
        ("经济发展局", True, 4.0, 4.5),
        ("江苏常州经济开发区经济发展局", True, 4.0, 0.0),
        ("江苏常州经济开发区经济发展局", False, 8.0, 2.0),
        ("发展局", False, 2.0, 7.0),
        # in several lines: the date in the middle, or 2 characters right of where they begin
        ("江苏常州经济开发区经济发展局" * 3, True, 11.0, 0.0),
        ("江苏常州经济开发区经济发展局" * 3, False, 20.0, 2.0),
    ],
)
def test_issuer_and_date_keep_their_places(
    issuer: str, seal: bool, date_right: float, issuer_right: float
) -> None:
    of = Word(as_docx(sheet("file", issuer=issuer, with_seal=seal)))
    for style, wanted in (("GbDate", date_right), ("GbIssuer", issuer_right)):
        right = of.value(style, "w:pPr/w:ind", "right", of.paragraph(style))
        assert near(float(right or 0) / 315, wanted), style
    assert of.texts("GbDate") == ["2026年9月8日"]
    assert of.value("GbIssuer", "w:pPr/w:spacing", "before") == "579"


def test_the_signature_is_never_alone_on_a_page(file: Word) -> None:
    issuer = file.paragraph("GbIssuer")
    assert file.styles["GbIssuer"].find(f"{qn('w:pPr')}/{qn('w:keepNext')}") is not None
    assert issuer.getprevious().pPr.find(qn("w:keepNext")) is not None


def test_an_annex_begins_a_page_with_its_title_on_line_3(file: Word) -> None:
    assert file.texts("GbAnnex") == ["附件"]
    assert file.styles["GbAnnex"].find(f"{qn('w:pPr')}/{qn('w:pageBreakBefore')}") is not None
    assert file.value("GbAnnexTitle", "w:pPr/w:spacing", "before") == "579"  # line 2 is blank
    assert file.value("GbAnnexTitle", "w:pPr/w:jc") == "center"


def test_the_imprint_hangs_at_the_foot_of_the_type_area(file: Word) -> None:
    table = file.document.tables[-1]._tbl
    place = table.tblPr.find(qn("w:tblpPr"))
    assert place.get(qn("w:vertAnchor")) == "margin" and place.get(qn("w:tblpYSpec")) == "bottom"
    assert place.get(qn("w:horzAnchor")) == "page" and near(mm(place.get(qn("w:tblpX"))), 28)
    assert near(mm(table.tblPr.find(qn("w:tblW")).get(qn("w:w"))), 156)
    edges = table.tblPr.find(qn("w:tblBorders"))
    widths = {
        side: float(edges.find(qn(f"w:{side}")).get(qn("w:sz"))) / 8 / 72 * 25.4
        for side in ("top", "bottom", "insideH")
    }
    assert near(widths["top"], 0.35, 0.02) and near(widths["bottom"], 0.35, 0.02)
    assert near(widths["insideH"], 0.25, 0.02)
    assert file.texts("GbImprint") == ["抄送：党政办公室，建设局。", NAME + "2026年9月8日印发"]
    assert file.value("GbImprint", "w:pPr/w:ind", "leftChars") == "100"


def footers(of: Word) -> dict[str, Any]:
    section = of.document.sections[0]
    return {
        "first": section.first_page_footer,
        "odd": section.footer,
        "even": section.even_page_footer,
    }


def test_page_numbers_stand_outside_and_7_mm_below_the_type_area(file: Word) -> None:
    section, parts = file.document.sections[0], footers(file)
    assert file.document.settings.odd_and_even_pages_header_footer
    assert not section.different_first_page_header_footer
    for side, style, align in (("odd", "GbPageOdd", "right"), ("even", "GbPageEven", "left")):
        (paragraph,) = parts[side].paragraphs
        assert paragraph.text == "— 1 —"
        assert "PAGE" in paragraph._p.xml
        assert paragraph.style.style_id == style
        assert file.value(style, "w:pPr/w:jc") == align
        assert file.value(style, "w:pPr/w:ind", f"{align}Chars") == "100"
    # the dash is in the middle of a line of 14 pt that ends where the footer ends
    middle = 35 - mm(section._sectPr.find(qn("w:pgMar")).get(qn("w:footer"))) - 14 / 2 / 72 * 25.4
    assert near(middle, 7, 0.3)


def test_a_letter_has_its_mark_rules_and_number_where_they_belong(letter: Word) -> None:
    section = letter.document.sections[0]
    assert section.different_first_page_header_footer
    assert near(mm(section._sectPr.find(qn("w:pgMar")).get(qn("w:header"))), 30)
    head = section.first_page_header.paragraphs
    assert [p.style.style_id for p in head] == ["GbLetterMark", "GbLetterThick", "GbLetterThin"]
    assert head[0].text == NAME
    size = float(letter.value("GbLetterMark", "w:r/w:rPr/w:sz", paragraph=head[0]._p) or 0) / 2
    assert size <= 40 and size * len(NAME) <= 156 / 25.4 * 72  # one line
    assert near(mm(letter.value("GbLetterThick", "w:pPr/w:spacing", "line")), 4)
    rules = ["GbLetterThick", "GbLetterThin", "GbFootThin", "GbFootThick"]
    widths = [int(letter.value(s, "w:pPr/w:pBdr/w:bottom", "sz") or 0) for s in rules]
    assert widths[0] > widths[1] and widths[2] < widths[3]
    for style in rules:
        assert letter.value(style, "w:pPr/w:pBdr/w:bottom", "color") == "FF0000"
        left = mm(letter.value(style, "w:pPr/w:ind", "left"))
        right = mm(letter.value(style, "w:pPr/w:ind", "right"))
        assert near(156 - left - right, 170) and near(28 + left, 20)
    assert letter.value("GbLetterNumber", "w:pPr/w:jc") == "right"
    assert near(float(letter.value("GbLetterNumber", "w:pPr/w:spacing", "before") or 0) / 20, 14)


def test_a_letter_has_no_number_on_page_1_and_a_bare_imprint(letter: Word) -> None:
    section, parts = letter.document.sections[0], footers(letter)
    assert [p.style.style_id for p in parts["first"].paragraphs] == ["GbFootThin", "GbFootThick"]
    assert near(mm(section._sectPr.find(qn("w:pgMar")).get(qn("w:footer"))), 20)
    assert "PAGE" not in parts["first"]._element.xml
    lifted = mm(letter.value("GbLetterPageOdd", "w:pPr/w:spacing", "after"))
    assert near(20 + lifted, 25.5)
    assert letter.texts("GbImprint") == ["抄送：党政办公室，建设局。"]
    (table,) = [
        t._tbl for t in letter.document.tables if t._tbl.tblPr.find(qn("w:tblpPr")) is not None
    ]
    assert table.tblPr.find(qn("w:tblpPr")).get(qn("w:tblpYSpec")) == "bottom"
    assert len(table.tblPr.find(qn("w:tblBorders"))) == 0


def test_a_form_has_a_row_for_each_label_and_columns_as_wide_as_asked() -> None:
    of = Word(as_docx(form()))
    tables = of.document.tables
    assert [row.cells[0].text for row in tables[0].rows] == ["督办事由", "督办要求"]
    assert tables[0].rows[1].cells[1].text == "按时\n办结"
    widths = [int(c.get(qn("w:w"))) for c in tables[1]._tbl.tblGrid]
    assert near(widths[1] / widths[0], 4, 0.01)
    assert [row.cells[0].text for row in tables[2].rows] == ["签收人", "签收时间"]
    assert of.texts("GbFormNumber") == ["签发人：钱永年　常经开经〔2026〕4号"]


@pytest.mark.parametrize("of", [sheet("file"), sheet("letter"), form()], ids=lambda s: s.layout)
def test_the_same_document_is_always_the_same_bytes(of: Sheet) -> None:
    first = as_docx(of)
    assert as_docx(of) == first
    assert as_docx(read(of.plain())) == first
    assert as_docx(of, replace(STAMP, number="常经开经〔2026〕5号")) != first
    for entry in zipfile.ZipFile(io.BytesIO(first)).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        if entry.filename.endswith((".xml", ".rels")):
            ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(first)).read(entry))


def test_what_was_typed_is_shown_and_never_run() -> None:
    nasty = '{{ 7*7 }} {%p if x %} <w:p/> & "q" {{ config }}'
    of = Word(as_docx(sheet("file", paragraphs=(Para(nasty),))))
    assert of.texts("GbBody") == [nasty]


def test_a_template_reaches_nothing_beyond_its_facts() -> None:
    template = word.template_of("form")
    archive = zipfile.ZipFile(io.BytesIO(template))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bad:
        for name in archive.namelist():
            text = archive.read(name).replace(
                b"{{ title }}", b"{{ title.__class__.__mro__[1].__subclasses__() }}"
            )
            bad.writestr(name, text)
    with pytest.raises(word.TemplateFault):
        word.render_docx(form(), STAMP, template=made.getvalue())


# ---------------------------------------------------------------- shapes of words


def test_numbers_have_hexagonal_brackets_and_no_leading_zeros() -> None:
    assert document_number("常经开经", "督", 2026, 4) == "常经开经督〔2026〕4号"
    assert zh_date(date(2024, 3, 9)) == "2024年3月9日"
    assert [numeral(n) for n in (1, 10, 11, 20, 21, 99)] == [
        "一", "十", "十一", "二十", "二十一", "九十九",
    ]  # fmt: skip
    assert [numeral(n) for n in (100, 101, 110, 111, 200, 999, 1000, 1010)] == [
        "一百", "一百零一", "一百一十", "一百一十一", "二百", "九百九十九", "一千", "一千零一十",
    ]  # fmt: skip


@pytest.mark.parametrize("n", range(1, 60))
def test_titles_break_between_words_in_lines_that_fit(n: int) -> None:
    words = ["关于", "督促办理", "问" * n, "等3项任务", "的督办函"]
    lines = title(words).split("\n")
    assert "".join(lines) == "".join(words)
    assert all(0 < len(line) <= 20 for line in lines)
    if n <= 20:
        whole, at = "".join(words), 0
        ends = {sum(map(len, words[:i])) for i in range(6)}
        for line in lines:
            at += len(line)
            assert at in ends, (whole, lines)
