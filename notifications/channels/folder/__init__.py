"""Messages as files, for machines without mail and for a look at what would be sent."""

from __future__ import annotations

import os
import re
from email.policy import EmailPolicy
from pathlib import Path

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Outgoing, Rate, TemporaryError
from notifications.channels.mail import build

# UTF-8 as it stands, so that the file can be read without a mail program.
READABLE = EmailPolicy(utf8=True, cte_type="8bit")


def address_of(person: PersonInfo) -> str | None:
    """The mail address, or else the username: a file can be written for everybody."""
    return person.email or person.username


def create(settings: Settings) -> Folder:
    """Write into `settings.folder_dir`."""
    return Folder(settings.folder_dir, settings.mail_from)


class Folder:
    """One `.eml` file a message, named after its Message-ID: a repeat overwrites it."""

    name = "folder"
    rates: tuple[Rate, ...] = ()
    takes_html = True

    def __init__(self, directory: Path, sender: str) -> None:
        self.directory = directory
        self.sender = sender

    def address_of(self, person: PersonInfo) -> str | None:
        """See the module's function."""
        return address_of(person)

    def send(self, message: Outgoing) -> None:
        """Write the file, whole or not at all. Raises TemporaryError and PermanentError."""
        content = build(message, self.sender, READABLE).as_bytes()
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            _write(self.directory / file_name(message.message_id), content)
        except OSError as error:
            raise TemporaryError(f"folder: {error}") from error


def file_name(message_id: str) -> str:
    """`<a.1@b>` -> `a.1@b.eml`; what a path could misread becomes `_`."""
    return re.sub(r"[^\w.@-]", "_", message_id.strip("<>"), flags=re.ASCII).lstrip(".") + ".eml"


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)  # the new name must survive a power cut, too
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
