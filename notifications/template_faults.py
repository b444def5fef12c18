"""What can be wrong with a template, and the line on which it is."""

from __future__ import annotations

import re

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from config.i18n import gettext as _

Key = tuple[str, str, str]
"""Kind, part (`subject` or `body`) and language: what one template is for."""
PARTS = ("subject", "body")
_UNKNOWN = re.compile(r"'(\w+)' is undefined")
_MISSING = re.compile(r".* has no (?:attribute|element) (.*)", re.S)


def file_name(key: Key) -> str:
    """`urge/body.zh_CN.j2`, under which Jinja knows a template."""
    kind, part, language = key
    return f"{kind}/{part}.{language}.j2"


class RenderError(Exception):
    """A notice that cannot be put into words; the text says why."""


class TemplateFault(RenderError):
    """A template that cannot be used. `line` counts from 1; 0 is the text as a whole."""

    def __init__(self, key: Key, line: int, message: str) -> None:
        super().__init__(key, line, message)
        self.key, self.line, self.message = key, line, message

    def __str__(self) -> str:
        if not self.line:
            return f"{file_name(self.key)}: {self.message}"
        return _("{file}, line {n}: {message}").format(
            file=file_name(self.key), n=self.line, message=self.message
        )


def fault_of(key: Key, error: Exception, source: str) -> TemplateFault:
    """What was raised while a template was compiled or rendered, with its line."""
    return TemplateFault(key, _line(error, file_name(key)), _message(error, source))


def _line(error: Exception, name: str) -> int:
    """The innermost line of this very template; parts that it includes are not its own."""
    if isinstance(error, TemplateSyntaxError) and error.filename in (None, name):
        return error.lineno
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _message(error: Exception, source: str) -> str:
    """Of a fault of Jinja its words; of any other its name only, because its words may quote
    what a notice says."""
    if isinstance(error, UndefinedError) and (unknown := _UNKNOWN.fullmatch(error.message or "")):
        return _("{name} is no known fact").format(name=unknown[1])
    if isinstance(error, TemplateError) and _written_in(source, error):
        said = error.message or type(error).__name__
        if isinstance(error, TemplateSyntaxError):
            return _("the template is not well formed: {detail}").format(detail=said)
        return said
    if isinstance(error, RecursionError):
        return _("too deeply nested")
    return _("a value of another kind was expected ({name})").format(name=type(error).__name__)


def _written_in(source: str, error: TemplateError) -> bool:
    """Whether the names that a fault quotes stand in the template; others came out of a notice."""
    if isinstance(error, TemplateNotFound):
        return all(isinstance(name, str) and name in source for name in error.templates)
    if not isinstance(error, UndefinedError):
        return True
    missing = _MISSING.fullmatch(error.message or "")
    return missing is not None and missing[1].strip("'\"") in source
