"""Where the values of a policy come from: the comments beside them in its text."""

from __future__ import annotations

import re

_SECTION = re.compile(r"^\[(?!\[)(.+?)\]")
_LIST = re.compile(r"^\[\[(.+?)\]\]")
_VALUE = re.compile(r"^([A-Za-z_][\w-]*)\s*=")


def policy_notes(source: str) -> dict[str, str]:
    """The comment on the line of each key, by the key's path (`limits.urgent.n`, `ladder.0.mode`).

    A policy without comments, as a program writes them in JSON, has none.
    """
    found: dict[str, str] = {}
    prefix, counts = "", dict[str, int]()
    for line in source.splitlines():
        text = line.strip()
        if listed := _LIST.match(text):
            name = listed[1]
            counts[name] = counts.get(name, -1) + 1
            prefix = f"{name}.{counts[name]}."
        elif section := _SECTION.match(text):
            prefix = section[1].replace('"', "") + "."
        elif value := _VALUE.match(text):
            note = comment_of(text)
            if note:
                found[prefix + value[1]] = note
    return found


def comment_of(line: str) -> str:
    """What stands after the first # that is not within quotes."""
    quoted = False
    for place, character in enumerate(line):
        if character == '"' and line[place - 1 : place] != "\\":
            quoted = not quoted
        if character == "#" and not quoted:
            return line[place + 1 :].strip()
    return ""
