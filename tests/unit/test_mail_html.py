"""Mail: text and HTML side by side, the same on every try, and inert whatever people typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from config.i18n import LANGUAGES
from notifications.channels.base import Outgoing
from notifications.channels.folder import READABLE
from notifications.channels.mail import WIRE, build
from notifications.examples import EXAMPLES, NAME, TASK
from notifications.items import Item
from notifications.kinds import KINDS
from notifications.mail_html import blocks
from notifications.render import render_bundle

SENDER = "xiaohao@example.org"
LINK = TASK["link"]


class Elements(HTMLParser):
    """Tags with their attributes, and the words between them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def outgoing(*items: Item, language: str = "zh_CN") -> Outgoing:
    """A message as delivery hands it to a channel."""
    rendered = render_bundle(items, language, NAME)
    return Outgoing(
        "<xiaohao.12.0a1b2c3d4e@example.org>", "wang@example.org", NAME, language,
        rendered.subject, rendered.text, {}, datetime(2026, 10, 26, 1, 10, tzinfo=UTC),
        items, rendered.html(),
    )  # fmt: skip


def arrived(message: Outgoing) -> EmailMessage:
    """The mail as a program reads it from the wire."""
    found = message_from_bytes(build(message, SENDER, WIRE).as_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def content(mail: EmailMessage, kind: str) -> str:
    """The text or the HTML."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


URGE = Item("urge", TASK, notice_id=4)


def test_a_mail_is_text_and_html_in_that_order() -> None:
    mail = arrived(outgoing(URGE))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all(part.get_content_charset() == "utf-8" for part in mail.iter_parts())
    assert "办理时限：2026年10月23日17:30" in content(mail, "plain")
    assert "2026年10月23日17:30" in content(mail, "html")
    assert mail["List-Id"] == "<xiaohao.example.org>"
    assert mail["Content-Language"] == "zh-CN"
    assert mail["Subject"].startswith("【销号】催办通知：JFJ-2026-0012-01")


def test_no_line_of_the_wire_is_too_long_or_holds_more_than_ascii() -> None:
    wire = build(outgoing(URGE), SENDER, WIRE).as_bytes()
    assert wire.isascii()
    assert max(map(len, wire.split(b"\r\n"))) <= 998


def test_without_html_the_mail_is_plain() -> None:
    mail = arrived(replace(outgoing(URGE), html=""))
    assert mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("form", [WIRE, READABLE])
def test_every_try_sends_the_same_bytes(form: Any) -> None:
    first, second = (build(outgoing(URGE), SENDER, form).as_bytes() for _ in range(2))
    assert first == second


def test_mail_about_one_issue_stands_together() -> None:
    other = Item("dispatch", {**TASK, "task_number": "JFJ-2026-0012-02"})
    mails = [arrived(outgoing(*items)) for items in ((URGE,), (other,), (URGE, other))]
    threads = {(mail["References"], mail["In-Reply-To"]) for mail in mails}
    [(references, reply)] = threads
    assert references == reply
    assert references.startswith("<xiaohao.issue.")
    assert references.endswith("@example.org>")


def test_mail_about_several_issues_or_none_begins_no_thread() -> None:
    other = Item("urge", {**TASK, "issue_number": "JFJ-2026-0013"})
    fault = Item("fault", {"fault": "delivery", "detail": "3", "link": LINK})
    for items in ((URGE, other), (fault,), (URGE, fault)):
        assert arrived(outgoing(*items))["References"] is None
    assert arrived(outgoing(other))["References"] != arrived(outgoing(URGE))["References"]


def test_an_issue_number_cannot_add_a_header() -> None:
    hostile = Item("urge", {**TASK, "issue_number": "X>\r\nBcc: eve@example.org"})
    mail = arrived(outgoing(hostile))
    assert mail["Bcc"] is None
    assert mail["References"].startswith("<xiaohao.issue.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_html_says_what_the_text_says(kind: str, language: str) -> None:
    for facts in EXAMPLES[kind][:8]:
        rendered = render_bundle([Item(kind, facts)], language, NAME)
        page = Elements(rendered.html())
        shown = page.text.replace(" ", "")
        for line in rendered.text.splitlines():
            for words in line.replace("：", " ").replace(": ", " ").split():
                assert words.rstrip(":") in shown, (kind, words)
        links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
        assert links == {facts["link"]}


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href='javascript:alert(3)'>x</a>"
    "\n反馈：<b>y</b>{{ 7*7 }}</td></table>"
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_typed_is_inert_in_html(language: str) -> None:
    typed = {name: HOSTILE for name, value in TASK.items() if isinstance(value, str)}
    for kind in ("urge", "dispatch", "closure_rejected", "adjusted"):
        facts = {**TASK, **typed, "link": LINK, "deadline": TASK["deadline"], "role": "to"}
        source = render_bundle([Item(kind, facts)], language, HOSTILE).html()
        page = Elements(source)
        usual = Elements(render_bundle([Item(kind, TASK)], language, NAME).html())
        assert {tag for tag, _attrs in page.tags} <= {tag for tag, _ in usual.tags} | {"br"}
        assert not any(name.startswith("on") for _tag, attrs in page.tags for name in attrs)
        assert {attrs["href"] for tag, attrs in page.tags if tag == "a"} == {LINK}
        assert "49" not in page.text
        assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", 'https://x/"onclick="y', "//x", ""]
)
def test_only_an_address_of_the_web_becomes_a_link(link: str) -> None:
    page = Elements(render_bundle([Item("urge", {**TASK, "link": link})], "zh_CN", NAME).html())
    assert not [attrs for tag, attrs in page.tags if tag == "a"]


def test_nothing_is_loaded_from_outside_and_every_style_is_inline_too() -> None:
    source = render_bundle([URGE], "zh_CN", NAME).html()
    page = Elements(source)
    assert not {tag for tag, _ in page.tags} & {"img", "link", "script", "iframe", "object", "form"}
    assert "url(" not in source
    assert "@import" not in source
    assert all("style" in attrs for tag, attrs in page.tags if tag in ("p", "a", "h2", "td"))


def test_lines_become_paragraphs_rows_headings_and_a_button() -> None:
    text = (
        "现予催办。\n\n办理时限：明天\n问题情况：第一行\n    反馈：第二行\n"
        f"办理要求：\n1. 请签收。\n详情：{LINK}"
    )
    found = list(blocks(text, "zh_CN", LINK))
    assert [block.sort for block in found] == ["words", "rows", "heading", "words", "button"]
    assert found[1].rows == [("办理时限", ["明天"]), ("问题情况", ["第一行", "反馈：第二行"])]
    assert found[4].lines == ["详情"]
