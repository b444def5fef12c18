"""Bring the message catalogues up to date with the code: extract, update, fill, compile.

Translations are kept, unused messages dropped, English filled with the ids themselves. What
Chinese still lacks is listed, for `tools.check_catalogues` will refuse it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "config",
    "models",
    "notifications",
    "workflow",
    "projects",
    "storage",
    "demo",
    "web",
    "cli",
)
LANGUAGES = ("zh_CN", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "translate": None}


def po_path(language: str) -> Path:
    """The catalogue source of a language."""
    return ROOT / "config" / "locale" / language / "LC_MESSAGES" / "xiaohao.po"


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language as it stands in the tree."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def extract() -> Catalog:
    """Every message of the Python packages."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    template = Catalog(charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(ROOT / package, methods, options, KEYWORDS, ("i18n:",))
        for name, line, ids, comments, context in found:
            place = (f"{package}/{name}", line)
            template.add(ids, None, [place], auto_comments=comments, context=context)
    return template


def messages(catalogue: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header."""
    return (message for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    """True when no form of the message is empty."""
    strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return bool(strings) and all(strings)


def update(language: str, template: Catalog) -> Catalog:
    """The catalogue of a language with exactly the messages of `template`."""
    catalogue = read_catalogue(language)
    # Otherwise every run would change the header, and every branch conflict in it.
    template.creation_date = catalogue.creation_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    if language == "en":
        fill(catalogue)
    return catalogue


def fill(catalogue: Catalog) -> None:
    """Give untranslated messages their own id as text: the ids are English."""
    for message in messages(catalogue):
        if not is_translated(message):
            message.string = message.id


def write(language: str, catalogue: Catalog) -> None:
    """Write the source and the compiled catalogue of a language."""
    path = po_path(language)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> None:
    """Update each language and say what is left to translate."""
    for language in LANGUAGES:
        catalogue = update(language, extract())
        write(language, catalogue)
        missing = [message for message in messages(catalogue) if not is_translated(message)]
        print(f"{language}: {len(catalogue)} messages, {len(missing)} to translate")
        for message in missing:
            print(f"    {message.id!r}")


if __name__ == "__main__":
    main()
