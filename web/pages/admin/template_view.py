"""What the page of one notice template shows: its versions, differences, preview, facts."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from config.i18n import N_
from config.i18n import gettext as _
from notifications.facts import FILTERS, facts_of
from notifications.items import Item
from notifications.published import Own, in_force
from notifications.render import Rendered, RenderError, render_bundle, render_notice
from notifications.sandbox import environment
from notifications.template_faults import Key
from web.call import Call
from web.forms import text
from web.middleware import CONTENT_POLICY
from web.pages.admin.access import may_change
from web.pages.admin.forms import number
from web.templating import page
from workflow import template_preview, template_versions
from workflow.errors import Reason, WorkflowError
from workflow.wording import kind_name

PARTS = {"subject": N_("Subject of the notice"), "body": N_("Text of the notice")}
LANGUAGES = {"zh_CN": N_("Chinese"), "en": N_("English")}
_TELLING = ("todo", "outcome", "fault", "role", "overdue", "days_over")
_FRAMED = {"content-security-policy": CONTENT_POLICY + "; frame-src 'self'"}


@dataclass(slots=True)
class Typed:
    """What stands in the form: the text, what it is tried on, the version that was seen."""

    text: str
    chosen: int = 0
    number: str = ""
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A text tried out, or why that did not work."""

    rendered: Rendered | None = None
    reasons: tuple[str, ...] = ()


def path_of(key: Key) -> str:
    """The page of one text."""
    return "/admin/templates/" + "/".join(key)


def name_of(key: Key) -> str:
    """A text's name for people."""
    kind, part, language = key
    return f"{kind_name(kind)} · {_(PARTS[part])} · {_(LANGUAGES[language])}"


def typed(sent: FormData) -> Typed:
    """What the form brought."""
    return Typed(
        text(sent, "text"),
        number(text(sent, "example")) or 0,
        text(sent, "number").strip()[:40],
        number(text(sent, "seen")),
    )


def preview(call: Call, key: Key, given: Typed, *, whole: bool = False) -> Preview:
    """The text tried on an example, or on a real issue or task that the person may see.

    `whole` makes a message of it, with greeting and HTML.
    """
    kind, _part, language = key
    try:
        facts = _facts(call, kind, given)
        trial = in_force(call.s).trying(Own(key, given.text))
        if whole:
            return Preview(render_bundle([Item(kind, facts)], language, call.person.name, trial))
        return Preview(render_notice(kind, language, facts, trial))
    except RenderError as error:
        return Preview(reasons=(str(error),))
    except WorkflowError as error:
        return Preview(reasons=tuple(str(reason) for reason in error.reasons))


def _facts(call: Call, kind: str, given: Typed) -> dict[str, Any]:
    if not given.number:
        return template_preview.example(kind, given.chosen)
    return template_preview.real(call.s, kind, given.number, given.chosen, call.person, call.now)


def differences(old: str, new: str) -> list[tuple[str, str]]:
    """Lines with their signs: `+` is new, `-` is gone, a space stays; `@` leaves lines out."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    return [(line[:1], line[1:]) for line in list(lines)[2:]]


def show(
    call: Call,
    key: Key,
    given: Typed | None = None,
    *,
    version: int | None = None,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    """The page: with what was typed, or a stored version, or the text in force."""
    current = template_versions.source_of(call.s, key)
    history = template_versions.history(call.s, key)
    now = next(
        (one.version for one in history if one.state == "in_force"), template_versions.SHIPPED
    )
    if given is None:
        given = Typed(template_versions.source_of(call.s, key, version), seen=now)
    answer = page(
        call,
        "admin/template.html",
        status,
        key=key,
        name=name_of(key),
        home=path_of(key),
        given=given,
        version=version,
        in_force=now,
        history=history,
        people=call.directory.people,
        changes=differences(current, given.text),
        preview=preview(call, key, given),
        reasons=reasons,
        keeper=may_change(call, "templates"),
        examples=_examples(key[0]),
        facts=facts_of(key[0]),
        filters={name: _(words) for name, words in FILTERS.items()},
        includes=_includes(key),
        done=call.request.query_params.get("done", ""),
        states={"draft": _("draft"), "in_force": _("in force"), "retired": _("retired")},
    )
    answer.headers.update(_FRAMED)
    return answer


def _examples(kind: str) -> list[tuple[int, str]]:
    shown = []
    for n, facts in enumerate(template_preview.examples(kind)):
        told = [f"{name}={facts[name]}" for name in _TELLING if facts.get(name)]
        shown.append((n, f"{n + 1}: {', '.join(told) or '—'}"))
    return shown


def _includes(key: Key) -> list[str]:
    """The shipped parts that a template in this language may include."""
    names = environment().list_templates(extensions=["j2"])
    return [n for n in names if n.startswith("_parts/") and n.endswith(f".{key[2]}.j2")]
