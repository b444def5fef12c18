"""Forms of a page as a browser sees them: read with the standard library, sent as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """A form: where it goes, what it would send untouched, and what may be chosen in it."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The value that a field has at first, empty for none."""
        return self.values.get(name, [""])[0]

    def put(self, name: str, value: str) -> None:
        """Note a value that would be sent."""
        self.names.add(name)
        self.values.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.area: str | None = None
        self.text = ""
        self.select: str | None = None
        self.chosen: str | None = None
        self.fieldsets: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self.open)
        elif tag == "fieldset":
            self.fieldsets.append("disabled" in given)
        elif self.open is not None and not any(self.fieldsets) and "disabled" not in given:
            self._control(self.open, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(form, name, given)
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select, self.chosen = name, None
            form.names.add(name)
        elif tag == "option" and self.select is not None:
            value = given.get("value", "")
            form.options.setdefault(self.select, []).append(value)
            if "selected" in given or self.chosen is None:
                self.chosen = value
        elif tag == "button":
            form.buttons.append(given)

    def _input(self, form: Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        form.names.add(name)
        if kind in ("checkbox", "radio"):
            form.options.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.put(name, given.get("value", "on"))
        elif kind != "file":
            form.put(name, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset" and self.fieldsets:
            self.fieldsets.pop()
        if self.open is None:
            return
        if tag == "textarea" and self.area is not None:
            # as a browser: one line break right after the tag is none of the text
            self.open.put(self.area, self.text.removeprefix("\n"))
            self.area = None
        elif tag == "select" and self.select is not None:
            if self.chosen is not None:
                self.open.put(self.select, self.chosen)
            self.select = None
        elif tag == "form":
            self.open = None


def read_forms(html: str) -> list[Form]:
    """Every form of a page, in order; disabled inputs and buttons are left out."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
