"""The catalogue check finds each kind of fault."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tools.check_catalogues import find_faults

Texts = str | tuple[str, ...]


def catalogue(*entries: tuple[Texts, Texts], locale: str = "zh_CN") -> Catalog:
    made = Catalog(locale=locale)
    for identifier, text in entries:
        made.add(identifier, text)
    return made


def test_a_complete_catalogue_has_no_fault() -> None:
    pair = ("Task {number} is late.", "任务 {number} 已逾期。")
    assert list(find_faults(catalogue(pair), catalogue(pair))) == []


@pytest.mark.parametrize(
    ("identifier", "text", "fault"),
    [
        ("late", "", "untranslated"),
        ("{number} is late", "已逾期", "placeholders"),
        ("%(n)d days", "%(m)d 天", "placeholders"),
        (("one task", "%(n)d tasks"), ("任务",), "placeholders"),
    ],
)
def test_a_bad_translation_is_found(identifier: Texts, text: Texts, fault: str) -> None:
    [found] = find_faults(catalogue((identifier, "")), catalogue((identifier, text)))
    assert found.startswith(fault)


def test_missing_and_unused_messages_are_found() -> None:
    found = find_faults(catalogue(("new", "")), catalogue(("old", "旧")))
    assert list(found) == ["missing: 'new'", "unused: 'old'"]


def test_a_guess_is_found() -> None:
    guessed = Catalog(locale="zh_CN")
    guessed.add("late", "逾期", flags={"fuzzy"})
    assert list(find_faults(catalogue(("late", "")), guessed)) == ["fuzzy: 'late'"]


def test_english_needs_both_forms() -> None:
    forms = ("one task", "%(n)d tasks")
    english = catalogue((forms, forms), locale="en")
    assert list(find_faults(catalogue((forms, "")), english)) == []
