"""Messages come in the language of the context, with or without compiled catalogues."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from config import i18n

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"

msgid "overdue"
msgstr "{overdue}"

msgid "one task"
msgid_plural "%(n)d tasks"
{forms}
"""


@pytest.fixture(autouse=True)
def catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(i18n, "LOCALE_DIR", tmp_path)
    write(tmp_path, "zh_CN", "超期", "nplurals=1; plural=0;", 'msgstr[0] "%(n)d 项任务"')
    forms = 'msgstr[0] "one task"\nmsgstr[1] "%(n)d tasks"'
    write(tmp_path, "en", "overdue", "nplurals=2; plural=(n != 1);", forms)
    i18n._catalogue.cache_clear()
    yield tmp_path
    i18n._catalogue.cache_clear()  # the tests after these speak with the program's own words


def write(folder: Path, language: str, overdue: str, plural: str, forms: str) -> None:
    path = folder / language / "LC_MESSAGES" / "xiaohao.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PO.format(language=language, plural=plural, overdue=overdue, forms=forms))


def test_chinese_is_the_default() -> None:
    assert i18n.gettext("overdue") == "超期"


def test_the_environment_names_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHAO_LANG", "en_GB.UTF-8")
    assert i18n.current_language() == "en"


def test_an_unknown_language_of_the_environment_means_chinese(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XIAOHAO_LANG", "tlh")
    assert i18n.current_language() == "zh_CN"


def test_a_block_speaks_another_language_and_then_the_first_again() -> None:
    with i18n.language("en"):
        assert i18n.gettext("overdue") == "overdue"
    assert i18n.gettext("overdue") == "超期"


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="tlh"):
        i18n.set_language("tlh")


def test_one_thread_does_not_change_the_language_of_another() -> None:
    thread = Thread(target=i18n.set_language, args=("en",))
    thread.start()
    thread.join()
    assert i18n.current_language() == "zh_CN"


def test_the_number_chooses_the_form() -> None:
    assert i18n.ngettext("one task", "%(n)d tasks", 1) == "%(n)d 项任务"
    with i18n.language("en"):
        assert i18n.ngettext("one task", "%(n)d tasks", 1) == "one task"


def test_an_unknown_or_empty_message_stays_as_it_is() -> None:
    assert i18n.gettext("nowhere") == "nowhere"
    assert i18n.gettext("") == ""


def test_a_stale_compiled_catalogue_is_not_used(catalogues: Path) -> None:
    stale = catalogues / "zh_CN" / "LC_MESSAGES" / "xiaohao.mo"
    stale.write_bytes(b"not a catalogue")
    os.utime(stale, (0, 0))
    assert i18n.translate("overdue", "zh-Hans") == "超期"


def test_importing_it_does_not_import_babel() -> None:
    code = "import sys, config.i18n; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
