"""Plain text and CSV: in an encoding that offices here use, and nothing that would be run."""

from __future__ import annotations

import re
from pathlib import Path

_MARKUP = re.compile(
    r"\s*(<\?|<!|#!|<\s*(html|head|body|script|svg|xml|iframe|object|embed|meta|link|style)\b)",
    re.IGNORECASE,
)
_ALLOWED_CONTROLS = {"\t", "\n", "\r", "\f", "\ufeff"}


def is_plain_text(path: Path) -> bool:
    """Whether a file is text in UTF-8, UTF-16 with its mark, or GB 18030, and no markup."""
    text = _decoded(path.read_bytes())
    if text is None or _MARKUP.match(text.lstrip("\ufeff")):
        return False
    return not any(ord(c) < 32 or ord(c) == 127 for c in set(text) - _ALLOWED_CONTROLS)


def _decoded(content: bytes) -> str | None:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
