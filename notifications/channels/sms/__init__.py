"""SMS through the gateway of the city or of a provider: one HTTP request, as the settings say."""

from __future__ import annotations

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.gateway import Gateway, shown
from notifications.channels.phones import mobile
from notifications.channels.sms.request import escape_for, fill, headers_of, hidden
from notifications.channels.sms.success import fulfilled, readable
from notifications.channels.sms.wording import Wording, wording

DAY = 86400
NEEDS = ("sms_url",)
"""Settings without which nothing can be sent."""


def address_of(person: PersonInfo) -> str | None:
    """The mobile number, or None: a landline takes no SMS."""
    return mobile(person)


def create(settings: Settings) -> Sms:
    """Send as the settings `sms_*` say."""
    return Sms(settings)


class Sms:
    """One request a message."""

    name = "sms"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rates = (Rate(settings.sms_per_day, DAY, "recipient"),)
        self.gateway = Gateway(self.name, settings, settings.sms_url, settings.sms_secret)
        for position, value in enumerate(hidden(settings.sms_headers.get_secret_value())):
            self.gateway.hide(f"header {position}", value)

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send, and judge the answer by what the settings call a success."""
        given = self.settings
        words = wording(message, given.base_url, given.sms_length)
        url = self.gateway.required("sms_url", given.sms_url.get_secret_value())
        headers = headers_of(given.sms_headers.get_secret_value())
        if headers is None:
            self.gateway.temporary("XIAOHAO_SMS_HEADERS is no JSON object", channel_wide=True)
        method, body = given.sms_method, b""
        if method != "GET":
            body = self._filled(given.sms_body, given.sms_content_type, message, words).encode()
            headers = {"Content-Type": given.sms_content_type, **headers}
        url = self._filled(url, "url", message, words)
        self._judge(self.gateway.call(url, body, headers, method=method).body)

    def _filled(self, template: str, form: str, message: Outgoing, words: Wording) -> str:
        values = {
            "phone": message.address,
            "id": message.message_id.strip("<>"),
            "secret": self.settings.sms_secret.get_secret_value(),
            **words.placeholders(),
        }
        return fill(template, values, escape_for(form))

    def _judge(self, body: bytes) -> None:
        condition, said = self.settings.sms_success.strip(), readable(body)
        if condition and fulfilled(condition, body):
            return
        bad = [part.strip() for part in self.settings.sms_bad_number.split(",") if part.strip()]
        if any(part in said for part in bad):
            self.gateway.permanent(f"bad number: {shown(said)}", bounced=True)
        if condition:
            self.gateway.temporary(f"not taken: {shown(said)}")
