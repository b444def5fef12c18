"""Write docs/settings.md from the settings themselves; `--check` fails when it is out of date."""

from __future__ import annotations

import sys
from pathlib import Path

from config.channel_settings import ChannelSettings
from config.settings import Settings

FILE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = """# Settings

Environment variables, or lines of a file `.env` beside the program. Business rules are not
here: they are in `config/policy.toml`. Written by `python -m tools.settings_docs`.

| variable | default | meaning |
|---|---|---|
"""


def text() -> str:
    """The page as it should be."""
    # what the channels need stands last, though the class has it first
    fields = sorted(
        Settings.model_fields.items(), key=lambda f: f[0] in ChannelSettings.model_fields
    )
    rows = [
        f"| `XIAOHAO_{name.upper()}` | `{_shown(field.default)}` | {field.description} |"
        for name, field in fields
    ]
    more = "| `XIAOHAO_ACTOR` | | Who acts on the command line where `--as` is not given |"
    return HEAD + "\n".join([*rows, more]) + "\n"


def _shown(default: object) -> str:
    shown = str(default)
    return "" if "*" in shown else shown


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == text()
        sys.stdout.write("settings documented\n" if same else f"{FILE.name} is out of date\n")
        return 0 if same else 1
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
