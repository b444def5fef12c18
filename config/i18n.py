"""Messages in Chinese (default) and English. Message ids are the English texts in the code.

The language is that of the current context (a request, a command, a notice); without one it is
`XIAOHAO_LANG`, and without that `zh_CN`. No build step is needed: a catalogue that was not
compiled, or was compiled before its source changed, is compiled in memory.
"""

from __future__ import annotations

import gettext as _stdlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
DEFAULT_LANGUAGE = "zh_CN"
LOCALE_DIR = Path(__file__).parent / "locale"

_chosen: ContextVar[str | None] = ContextVar("xiaohao_language", default=None)


@lru_cache(maxsize=64)
def normalise(name: str) -> str | None:
    """The language of ours that `name` means (`zh-Hans`, `en_GB.UTF-8`), or None."""
    prefix = name.replace("-", "_").partition("_")[0].lower()
    return next((known for known in LANGUAGES if known.partition("_")[0] == prefix), None)


def current_language() -> str:
    """`zh_CN` or `en`. An unknown `XIAOHAO_LANG` means the default."""
    return _chosen.get() or normalise(os.environ.get("XIAOHAO_LANG", "")) or DEFAULT_LANGUAGE


def set_language(name: str | None) -> None:
    """Choose the language of this context; None goes back to the environment's.

    Raises ValueError for a language without a catalogue.
    """
    _chosen.set(None if name is None else _known(name))


@contextmanager
def language(name: str) -> Iterator[None]:
    """Speak another language inside a `with` block. Raises ValueError for an unknown one."""
    token = _chosen.set(_known(name))
    try:
        yield
    finally:
        _chosen.reset(token)


def gettext(message: str) -> str:
    """`message` in the current language; unchanged when it has no translation."""
    return _catalogue(current_language()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a message that fits `count`, in the current language."""
    return _catalogue(current_language()).ngettext(singular, plural, count)


def translate(message: str, language: str) -> str:
    """`message` in a named language. Raises ValueError for an unknown one."""
    # The empty id is the catalogue's own header, which nobody wants to read.
    return _catalogue(_known(language)).gettext(message) if message else ""


def N_(message: str) -> str:
    """Mark a message that is translated later, through a variable."""
    return message


_ = gettext


def _known(name: str) -> str:
    known = normalise(name)
    if known is None:
        raise ValueError(f"unknown language {name!r}; known are {', '.join(LANGUAGES)}")
    return known


@cache
def _catalogue(name: str) -> _stdlib.NullTranslations:
    source = LOCALE_DIR / name / "LC_MESSAGES" / "xiaohao.po"
    compiled = source.with_suffix(".mo")
    if _is_fresh(compiled, source):
        return _stdlib.GNUTranslations(BytesIO(compiled.read_bytes()))
    return _compile(source, name) if source.exists() else _stdlib.NullTranslations()


def _is_fresh(compiled: Path, source: Path) -> bool:
    if not compiled.exists():
        return False
    return not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime


def _compile(source: Path, name: str) -> _stdlib.GNUTranslations:
    # Babel takes a tenth of a second to import and is not needed with compiled catalogues.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    buffer = BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file, locale=name))
    buffer.seek(0)
    return _stdlib.GNUTranslations(buffer)
