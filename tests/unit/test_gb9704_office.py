"""The Word files opened by LibreOffice: what the standard asks for stands where a reader sees it.

Fonts are whatever that machine has, so that places are measured and not the shapes of characters.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.sheets import NAME, Drawn, as_docx, drawn, form, mm, sheet

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(OFFICE is None, reason="no LibreOffice: install it (libreoffice-writer)"),
]
LAYOUTS = ("file", "letter", "form")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drawn]:
    """Each layout as LibreOffice draws it."""
    folder: Path = tmp_path_factory.mktemp("office")
    for layout in LAYOUTS:
        of = form() if layout == "form" else sheet(layout)
        (folder / f"{layout}.docx").write_bytes(as_docx(of))
    words = [str(OFFICE), "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    files = [str(folder / f"{layout}.docx") for layout in LAYOUTS]
    environment = os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    subprocess.run([*words, *files], env=environment, check=True, timeout=180, capture_output=True)
    return {one: drawn((folder / f"{one}.pdf").read_bytes()) for one in LAYOUTS}


def red_rows(of: Drawn, page: int) -> list[tuple[float, float, float]]:
    """Red rules as (top, left, right) in mm, from top to bottom."""
    found = [
        (mm(r["top"]), mm(r["x0"]), mm(r["x1"]))
        for r in (*of.pages[page].lines, *of.pages[page].rects, *of.pages[page].curves)
        if (1, 0, 0) in (r["stroking_color"], r["non_stroking_color"]) and r["x1"] - r["x0"] > 300
    ]
    return sorted(set(found))


def near(value: float, wanted: float, within: float = 1.0) -> bool:
    return abs(value - wanted) <= within


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pages_are_a4_and_the_text_stays_in_the_type_area(
    shown: dict[str, Drawn], layout: str
) -> None:
    of = shown[layout]
    for n, page in enumerate(of.pages):
        assert near(mm(page.width), 210, 0.2) and near(mm(page.height), 297, 0.2)
        inside = [c for c in page.chars if c["text"].strip() and mm(c["top"]) < 262]
        assert min(mm(c["x0"]) for c in inside) > 27.5, n
        assert max(mm(c["x1"]) for c in inside) < 185, n


def test_a_file_has_its_red_mark_rule_and_number_where_they_belong(shown: dict[str, Drawn]) -> None:
    of = shown["file"]
    assert near(of.ink(0, (20, 60, 200, 90))[1], 37 + 35, 2)
    assert of.lines(0)[0].text == NAME + "文件"  # on one line
    (rule,) = red_rows(of, 0)
    assert near(rule[1], 28, 0.5) and near(rule[2], 184, 0.5)
    number = of.line(0, "〔2026〕")
    below = mm(float(of.pages[0].height) - number.base) + 0.12 * 16 / 72 * 25.4
    assert near(rule[0] - below, 4, 1.5)


def test_body_lines_keep_the_pitch_of_the_grid(shown: dict[str, Drawn]) -> None:
    lines = [line for line in shown["file"].lines(1) if "—" not in line.text]
    steps = {round(a.base - b.base, 1) for a, b in pairwise(lines)}
    assert steps <= {28.9, 29.0, 28.95}
    assert len(lines) > 15


def test_the_imprint_ends_at_the_foot_of_the_last_page(shown: dict[str, Drawn]) -> None:
    of = shown["file"]
    last = len(of.pages) - 1
    printed = of.line(last, "印发")
    assert near(mm(float(of.pages[last].height) - printed.base), 262 - 3.5, 2)
    letter = shown["letter"]
    copies = letter.line(len(letter.pages) - 1, "抄送")
    assert near(mm(float(letter.pages[-1].height) - copies.base), 262 - 3.5, 2)


def test_page_numbers_alternate_below_the_type_area(shown: dict[str, Drawn]) -> None:
    of = shown["file"]
    for n, page in enumerate(of.pages):
        line = of.lines(n)[-1]
        assert line.text.replace(" ", "") == f"—{n + 1}—"
        assert near(mm(float(page.height) - line.base), 262 + 7 + 2, 2)
        side = 184 - 4.9 - mm(line.right) if n % 2 == 0 else mm(line.left) - 28 - 4.9
        assert abs(side) < 1


def test_a_letter_has_its_rules_and_no_number_on_its_first_page(shown: dict[str, Drawn]) -> None:
    of = shown["letter"]
    rules = red_rows(of, 0)
    assert len(rules) >= 4
    for _top, left, right in rules:
        assert near(left, 20, 0.7) and near(right, 190, 0.7)
    assert near(of.ink(0, (22, 20, 188, 42))[1], 30, 2)
    assert of.lines(0)[0].text == NAME  # on one line
    assert near(rules[-1][0], 297 - 20, 1.5)
    assert not any("—" in line.text for line in of.lines(0))
    assert "2" in of.lines(1)[-1].text


def test_the_signature_is_on_a_page_with_text(shown: dict[str, Drawn]) -> None:
    for layout in LAYOUTS:
        of = shown[layout]
        pages = ["".join(x.text for x in of.lines(n)) for n in range(len(of.pages))]
        page = next(text for text in pages if "8日" in text and NAME in text)
        assert len(page) > 60, layout
