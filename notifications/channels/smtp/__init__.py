"""Mail through the office's server, with the standard library: every header is ours."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.message import EmailMessage

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, PermanentError, TemporaryError
from notifications.channels.mail import WIRE, build, domain_of


def address_of(person: PersonInfo) -> str | None:
    """The mail address, or None."""
    return person.email or None


def create(settings: Settings) -> Smtp:
    """Send as the settings `smtp_*` and `mail_from` say."""
    return Smtp(settings)


class Smtp:
    """One connection a message.

    Temporary: 4xx, no connection, time-outs, a broken connection, and whatever is the fault of
    the account or the server's set-up (login, STARTTLS) rather than of the message.
    Permanent: 5xx for the sender, the recipient or the content.
    """

    name = "smtp"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send, and return once the server has taken the message."""
        mail = build(message, self.settings.mail_from, WIRE)
        try:
            self._deliver(mail, message.address)
        except smtplib.SMTPRecipientsRefused as error:
            raise _by_code(*_refusal(error.recipients)) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _by_code(error.smtp_code, error.smtp_error) from error
        except UnicodeEncodeError as error:
            raise PermanentError(f"smtp: address cannot be written: {error.object!r}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryError(f"smtp: {type(error).__name__}: {error}") from error

    def _deliver(self, mail: EmailMessage, address: str) -> None:
        client = self._connect()
        try:
            self._log_in(client)
            refused = client.send_message(mail, self.settings.mail_from, [address])
            if refused:
                raise smtplib.SMTPRecipientsRefused(refused)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()  # it has the message: a rude good-bye must not repeat it
        finally:
            client.close()

    def _connect(self) -> smtplib.SMTP:
        # A name for the greeting is given because asking the resolver may take seconds.
        greeting = domain_of(self.settings.mail_from)
        host, port = self.settings.smtp_host, self.settings.smtp_port
        return smtplib.SMTP(host, port, greeting, timeout=self.settings.smtp_timeout)

    def _log_in(self, client: smtplib.SMTP) -> None:
        if self.settings.smtp_starttls:
            client.starttls(context=ssl.create_default_context())
        if self.settings.smtp_username:
            password = self.settings.smtp_password.get_secret_value()
            client.login(self.settings.smtp_username, password)


def _refusal(recipients: dict[str, tuple[int, bytes]]) -> tuple[int, bytes]:
    """The reply about our one recipient; with several, a temporary one is worth a new try."""
    return min(recipients.values(), key=lambda reply: reply[0])


def _by_code(code: int, reply: bytes | str) -> TemporaryError | PermanentError:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    reason = f"smtp: {code} {' '.join(text.split())}"
    return PermanentError(reason) if code >= 500 else TemporaryError(reason)
