"""Refuse message catalogues that do not fit the code. Exit status 1 and a line for each fault."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from tools.update_catalogues import LANGUAGES, extract, is_translated, messages, read_catalogue

# %(name)s, %s, %d and {name}; doubled signs stand for themselves.
PLACEHOLDER = re.compile(r"%%|\{\{|\}\}|%\(\w+\)[-+#0-9.]*[a-zA-Z]|%[-+#0-9.]*[sdrf]|\{[^{}]*\}")


def main() -> int:
    """Print each fault; 0 when there is none."""
    template = extract()
    faults = [
        f"{language}: {fault}"
        for language in LANGUAGES
        for fault in find_faults(template, read_catalogue(language))
    ]
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults in the catalogues; `make catalogue` updates them")
        return 1
    print(f"{len(template)} messages, complete in {', '.join(LANGUAGES)}")
    return 0


def find_faults(template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """What is wrong with `catalogue`, given the messages the code has."""
    wanted, present = _by_id(template), _by_id(catalogue)
    yield from (f"missing: {key[0]!r}" for key in wanted if key not in present)
    yield from (f"unused: {key[0]!r}" for key in present if key not in wanted)
    yield from (f"obsolete: {message.id!r}" for message in catalogue.obsolete.values())
    for message in present.values():
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        if not is_translated(message):
            yield f"untranslated: {message.id!r}"
        elif not _placeholders_agree(message):
            yield f"placeholders differ: {message.id!r} / {message.string!r}"


def _by_id(catalogue: Catalog) -> dict[tuple[object, str | None], Message]:
    return {(message.id, message.context): message for message in messages(catalogue)}


def _placeholders_agree(message: Message) -> bool:
    if isinstance(message.id, str):
        return _placeholders(message.id) == _placeholders(str(message.string))
    # A language with one form uses it for every number, so it must carry the plural's.
    ids, forms = message.id, list(message.string or ())
    wanted = [ids[-1]] if len(forms) == 1 else [ids[0]] + [ids[-1]] * (len(forms) - 1)
    return all(_placeholders(a) == _placeholders(b) for a, b in zip(wanted, forms, strict=True))


def _placeholders(text: str) -> list[str]:
    return sorted(set(PLACEHOLDER.findall(text)) - {"%%", "{{", "}}"})


if __name__ == "__main__":
    sys.exit(main())
