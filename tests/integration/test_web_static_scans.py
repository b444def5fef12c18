"""What lies in templates and static files: nothing that the content policy would have to allow."""

from __future__ import annotations

import re

from web.templating import FOLDER, STATIC


def test_no_template_has_script_style_or_events_of_its_own() -> None:
    for path in FOLDER.rglob("*.html"):
        text = path.read_text("utf-8")
        markup = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)  # without Jinja's own words
        assert not re.search(r"\son[a-z]+\s*=", markup), path
        assert not re.search(r"\shx-on", markup) and not re.search(r"\sstyle\s*=", markup), path
        assert "<style" not in text and "javascript:" not in text, path
        for tag in re.findall(r"<script\b[^>]*>", text):
            assert " src=" in tag or 'type="application/json"' in tag, (path, tag)
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", text), path


def test_nothing_comes_from_another_host() -> None:
    for path in (*FOLDER.rglob("*.html"), *STATIC.rglob("*.css"), *STATIC.rglob("*.svg")):
        text = path.read_text("utf-8")
        found = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"'<>)]*", text))
        assert found <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, path
    for path in (p for p in STATIC.rglob("*.js") if "vendor" not in p.parts):
        assert "://" not in path.read_text("utf-8"), path
