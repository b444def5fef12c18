"""The generic webhook: CloudEvents, signed as call-backs are, the same on every try."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels.base import TemporaryError
from notifications.channels.webhook import Webhook
from notifications.http.signing import HEADER
from tests.messages import LINK, NUMBER, PORTAL, TITLE, WANG, about, message
from tests.webhooks import DROP, Receiver, receiving

SECRET = "a-secret-of-both"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def channel(receiver: Receiver) -> Webhook:
    url = SecretStr(receiver.url)
    secret = SecretStr(SECRET)
    allowed = "127.0.0.0/8"
    return Webhook(
        Settings(base_url=PORTAL, channel_networks=allowed, webhook_url=url, webhook_secret=secret)
    )


def test_a_notice_is_an_event_for_a_named_person(receiver: Receiver) -> None:
    made = channel(receiver)
    made.send(message(about("todo", task_number="B"), about(), address=made.address_of(WANG)))
    assert receiver.events == [
        {
            "specversion": "1.0",
            "id": "xiaohao.12.0a1b2c3d4e@example.org",
            "source": PORTAL,
            "type": "cn.xiaohao.notice",
            "subject": "wangjg",
            "time": "2026-10-26T01:10:00.000Z",
            "datacontenttype": "application/json",
            "data": {
                "recipient": {"username": "wangjg", "name": "王建国"},
                "language": "zh_CN",
                "notices": [
                    {"kind": "urge", "number": NUMBER, "title": TITLE, "link": LINK},
                    {"kind": "todo", "number": "B", "title": TITLE, "link": LINK},
                ],
            },
        }
    ]


def test_a_repeat_is_known_by_its_key_and_the_signature_verifies(receiver: Receiver) -> None:
    receiver.script(DROP)
    with pytest.raises(TemporaryError):
        channel(receiver).send(message(address="wangjg"))
    channel(receiver).send(message(address="wangjg"))
    first, second = receiver.received
    assert first.body == second.body
    for request in (first, second):
        assert request.headers["Idempotency-Key"] == "xiaohao.12.0a1b2c3d4e@example.org"
        assert request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
        moment, digest = (part.split("=")[1] for part in request.headers[HEADER].split(","))
        signed = moment.encode() + b"." + request.body
        assert hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == digest
