"""How a file that somebody put in, or that we made, goes out: saved under its name, run nowhere."""

from __future__ import annotations

from urllib.parse import quote


def file_headers(name: str, *, inline: bool = False) -> dict[str, str]:
    """Headers of a file of that name (RFC 6266). `inline` shows it instead of saving it."""
    shown = "inline" if inline else "attachment"
    return {
        "content-disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "no-store",
    }
