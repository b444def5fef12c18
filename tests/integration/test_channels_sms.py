"""SMS through a gateway that the settings describe: text, escaping, success, bad numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels.base import PermanentError, Rate, TemporaryError
from notifications.channels.sms import Sms
from notifications.items import Item
from tests.messages import LINK, NUMBER, PORTAL, TITLE, WANG, about, message
from tests.webhooks import Receiver, receiving, said

PHONE = "13800000000"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        found.usual = said(code=0)
        yield found


def gateway(receiver: Receiver, **changes: Any) -> Sms:
    options: dict[str, Any] = {
        "channel_networks": "127.0.0.0/8",
        "base_url": PORTAL,
        "sms_url": SecretStr(f"{receiver.base}/send"),
        "sms_success": "code=0",
    }
    return Sms(Settings(**{**options, **changes}))


def sent(receiver: Receiver, *items: Any, **changes: Any) -> dict[str, Any]:
    """What the gateway got as JSON."""
    gateway(receiver, **changes).send(message(*items, address=PHONE))
    found: dict[str, Any] = json.loads(receiver.received[-1].body)
    return found


def test_the_text_is_what_number_title_and_link(receiver: Receiver) -> None:
    assert sent(receiver) == {
        "phone": PHONE,
        "content": f"催办通知 {NUMBER} {TITLE} {LINK}",
        "id": "xiaohao.12.0a1b2c3d4e@example.org",
    }


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("document", {"document_number": "常经开经督〔2026〕4号", "document_title": "督办单"},
         "公文送达 常经开经督〔2026〕4号 督办单"),
        ("project_news", {"title": "施工许可", "about": "milestone_due"}, "施工许可"),
    ],
)  # fmt: skip
def test_what_is_about_no_task_is_named_too(
    receiver: Receiver, kind: str, facts: dict[str, str], words: str
) -> None:
    assert f"{words} {LINK}" in sent(receiver, Item(kind, {**facts, "link": LINK}))["content"]


def test_a_long_title_is_cut_and_the_link_stays_whole(receiver: Receiver) -> None:
    text = sent(receiver, about(issue_title="长" * 200), sms_length=90)["content"]
    assert len(text) == 90
    assert text.endswith(f"长… {LINK}")


def test_several_notices_are_one_sms_with_the_portals_link(receiver: Receiver) -> None:
    items = [about("todo", task_number="B"), about("supervise", task_number="A"), about("todo")]
    assert sent(receiver, *items)["content"] == f"共3件，首件 A {TITLE} {PORTAL}"


def test_what_people_typed_stays_inside_its_place(receiver: Receiver) -> None:
    nasty = 'a", "phone": "13900000000", "x": "{secret}\\'
    told = sent(receiver, about(issue_title=nasty), sms_secret=SecretStr("account-pass"))
    assert told["phone"] == PHONE
    assert "{secret}" in told["content"]
    assert b"account-pass" not in receiver.received[0].body


def test_a_form_is_quoted_and_headers_are_sent(receiver: Receiver) -> None:
    gateway(
        receiver,
        sms_body="mobile={phone}&msg={text}&pwd={secret}",
        sms_content_type="application/x-www-form-urlencoded",
        sms_secret=SecretStr("a&b=c"),
        sms_headers=SecretStr('{"X-App": "xiaohao", "Authorization": "Bearer abcd"}'),
    ).send(message(about(issue_title="a&pwd=x"), address=PHONE))
    (request,) = receiver.received
    told = parse_qs(request.body.decode())
    assert told["pwd"] == ["a&b=c"]
    assert told["msg"] == [f"催办通知 {NUMBER} a&pwd=x {LINK}"]
    assert request.headers["X-App"] == "xiaohao"
    assert request.headers["Authorization"] == "Bearer abcd"


def test_xml_is_escaped(receiver: Receiver) -> None:
    gateway(receiver, sms_body="<t>{text}</t>", sms_content_type="text/xml").send(
        message(about(issue_title="a & b"), address=PHONE)
    )
    assert "a &amp; b" in receiver.received[0].body.decode()


def test_a_gateway_may_want_everything_in_the_address(receiver: Receiver) -> None:
    url = SecretStr(f"{receiver.base}/send?to={{phone}}&text={{text}}&sign={{secret}}")
    gateway(receiver, sms_url=url, sms_method="GET", sms_secret=SecretStr("k/1")).send(
        message(address=PHONE)
    )
    (request,) = receiver.received
    assert (request.method, request.body) == ("GET", b"")
    query = parse_qs(urlsplit(request.path).query)
    assert query["to"] == [PHONE]
    assert query["text"] == [f"催办通知 {NUMBER} {TITLE} {LINK}"]
    assert query["sign"] == ["k/1"]


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("code=0", b'{"code": 0}'),
        ("code=0", b'{"code": "0"}'),
        ("result.ok=true", b'{"result": {"ok": true}}'),
        ("OK", b"OK:12345"),
        ("", b"anything"),
    ],
)
def test_what_the_settings_call_a_success_is_one(
    receiver: Receiver, condition: str, body: bytes
) -> None:
    receiver.usual = (200, {}, body)
    gateway(receiver, sms_success=condition).send(message(address=PHONE))


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("code=0", b'{"code": 1}'),
        ("code=0", b"<html>code=0</html>"),
        ("code=0", b'{"result": {"code": 0}}'),
        ("result.code=0", b'{"result": 0}'),
        ("OK", b"ERR"),
    ],
)
def test_anything_else_is_tried_again(receiver: Receiver, condition: str, body: bytes) -> None:
    receiver.usual = (200, {}, body)
    with pytest.raises(TemporaryError, match="sms: not taken") as error:
        gateway(receiver, sms_success=condition).send(message(address=PHONE))
    assert not error.value.channel_wide


def test_a_bad_number_bounces(receiver: Receiver) -> None:
    receiver.usual = said(code=1107, message="手机号码错误")
    with pytest.raises(PermanentError, match="bad number") as error:
        gateway(receiver, sms_bad_number="1106, 手机号码错误").send(message(address=PHONE))
    assert error.value.bounced


def test_headers_that_are_none_are_a_fault_of_the_settings(receiver: Receiver) -> None:
    for text in ("Bearer abcdefgh", '["abcdefgh"]', '{"A": "b\\r\\nC: abcdefgh"}'):
        with pytest.raises(TemporaryError, match="SMS_HEADERS") as error:
            gateway(receiver, sms_headers=SecretStr(text)).send(message(address=PHONE))
        assert error.value.channel_wide
        assert "abcdefgh" not in str(error.value)
    assert receiver.received == []


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("138 0000 0000", PHONE),
        ("+86-138-0000-0000", PHONE),
        ("8613800000000", PHONE),
        ("+852 5123 4567", "+85251234567"),
        ("0519-88881234", None),
        ("12345", None),
        ("13800000000,13900000000", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_mobile_number_is_an_address(
    receiver: Receiver, written: str | None, number: str | None
) -> None:
    assert gateway(receiver).address_of(replace(WANG, phone=written)) == number


def test_a_person_is_sent_no_more_a_day_than_the_settings_allow(receiver: Receiver) -> None:
    assert gateway(receiver, sms_per_day=20).rates == (Rate(20, 86400, "recipient"),)
