"""Every notice to one address of another system, signed as call-backs are, as CloudEvents.

The receiver passes it on by `data.recipient`, and tells a repeat by the envelope's `id`.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from config.clock import now
from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway
from notifications.channels.short import lines
from notifications.http.signing import HEADER, signature

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE = "cn.xiaohao.notice"
NEEDS = ("webhook_url", "webhook_secret")
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """The username: the receiver knows whom to tell."""
    return person.username


def create(settings: Settings) -> Webhook:
    """Send to `webhook_url`."""
    return Webhook(settings)


class Webhook:
    """One request a message. Whatever 2xx answers, it was taken."""

    name = "webhook"
    rates: tuple[Rate, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.gateway = Gateway(self.name, settings, settings.webhook_url, settings.webhook_secret)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send; the Message-ID is the key by which a repeat is known."""
        need, given = self.gateway.required, self.settings
        url = need("webhook_url", given.webhook_url.get_secret_value())
        secret = need("webhook_secret", given.webhook_secret.get_secret_value())
        event = envelope(message, given.base_url)
        body = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Idempotency-Key": event["id"],
            HEADER: signature(secret.encode(), body, now()),
        }
        self.gateway.call(url, body, headers)


def envelope(message: Outgoing, origin: str) -> dict[str, Any]:
    """A CloudEvents 1.0 event in structured mode, the same on every try; `time` in UTC."""
    told = [
        {"kind": item.code, "title": item.title, "number": item.number, "link": item.link}
        for item in lines(message, origin)
    ]
    written = message.created_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "specversion": "1.0",
        "id": message.message_id.strip("<>"),
        "source": origin,
        "type": TYPE,
        "subject": message.address,
        "time": written.replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "recipient": {"username": message.address, "name": message.recipient_name},
            "language": message.language,
            "notices": told,
        },
    }
