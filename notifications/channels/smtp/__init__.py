"""Mail through the office's server, with the standard library: every header is ours."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.message import EmailMessage

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate
from notifications.channels.mail import WIRE, build, domain_of
from notifications.channels.smtp import replies
from notifications.channels.smtp.line import Fuse, Line

_OF_THE_LEASE = 0.75
"""How much of a message's lease the whole talk may take; the rest is for marking it."""


def address_of(person: PersonInfo) -> str | None:
    """The mail address, or None."""
    return person.email or None


def create(settings: Settings) -> Smtp:
    """Send as the settings `smtp_*` and `mail_from` say."""
    return Smtp(settings)


class Smtp:
    """One connection a message. What a server said decides whose fault it was: see `replies`."""

    name = "smtp"
    rates: tuple[Rate, ...] = ()
    takes_html = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Send, and return once the server has taken the message.

        Raises TemporaryError, for the whole channel until the server has let us in: no
        connection, TLS or the login refused, the sender not accepted. Raises PermanentError for
        5xx about the recipient (bounced) or the content.
        """
        mail = build(message, self.settings.mail_from, WIRE)
        fuse = Fuse(self.settings.lease_seconds * _OF_THE_LEASE)
        try:
            client = self._opened(fuse)
            try:
                self._hand_over(client, mail, message.address, fuse)
            finally:
                client.close()
        finally:
            fuse.end()

    def _opened(self, fuse: Fuse) -> smtplib.SMTP:
        """A server that has let us in."""
        client: smtplib.SMTP | None = None
        try:
            client = self._connect(fuse)
            self._log_in(client)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            if client is not None:
                client.close()
            username, why = self.settings.smtp_username, _cause(error, fuse)
            raise replies.no_entrance(why, username, self._password()) from None
        return client

    def _connect(self, fuse: Fuse) -> smtplib.SMTP:
        # A name for the greeting is given because asking the resolver may take seconds.
        greeting = domain_of(self.settings.mail_from)
        host, port = self.settings.smtp_host, self.settings.smtp_port
        seconds = self.settings.smtp_timeout
        tls = ssl.create_default_context() if self.settings.smtp_tls else None
        return Line(host, port, greeting, timeout=seconds, fuse=fuse, tls=tls)

    def _log_in(self, client: smtplib.SMTP) -> None:
        if self.settings.smtp_starttls:
            client.starttls(context=ssl.create_default_context())
        client.ehlo_or_helo_if_needed()
        if self.settings.smtp_username:
            client.login(self.settings.smtp_username, self._password())

    def _hand_over(
        self, client: smtplib.SMTP, mail: EmailMessage, address: str, fuse: Fuse
    ) -> None:
        try:
            client.send_message(mail, self.settings.mail_from, [address])
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise replies.not_taken(_cause(error, fuse)) from error
        with contextlib.suppress(smtplib.SMTPException, OSError):
            client.quit()  # it has the message: a rude good-bye must not repeat it

    def _password(self) -> str:
        return self.settings.smtp_password.get_secret_value()


def _cause(error: Exception, fuse: Fuse) -> Exception:
    """The error, or that the time was over, which is what broke the line."""
    return TimeoutError(f"not done in {fuse.seconds:g} s") if fuse.blown else error
