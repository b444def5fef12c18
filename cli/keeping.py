"""`xiaohao backup` and `xiaohao restore`: everything in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.kit import Command, Common, db_option, json_option, option, with_common
from config.i18n import N_
from config.i18n import gettext as _

_passphrase = option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=N_("Encrypt with, or open by, the passphrase in the first line of this file."),
)


@click.command(cls=Command, help=N_("Write everything into one file, while the system works."))
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@_passphrase
@with_common(db_option, json_option)
def backup(common: Common, file: Path, passphrase_file: Path | None) -> None:
    """Rows of one moment and the files they name; the file appears whole or not at all."""
    from cli.output import print_json
    from cli.progress import bar
    from cli.session import opened
    from config import clock
    from storage.backup import backup as write

    with opened(common.db_url) as db, bar(_("Backup"), None) as told:
        made = write(db, _folder(), file, clock.now(), _to(told), passphrase_of(passphrase_file))
    if common.as_json:
        print_json(made)
        return
    click.echo(
        _("{file}: {rows} rows and {files} files, {size} bytes. Digest: {digest}").format(
            file=file, rows=made.rows, files=made.files, size=made.size, digest=made.digest
        )
    )
    for sha256 in made.missing:
        click.echo(_("Missing or changed in the store: {sha256}").format(sha256=sha256), err=True)


@click.command(cls=Command, help=N_("Restore a backup into an empty database."))
@click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@_passphrase
@option("--digest", default="", help=N_("The digest that the backup printed; no other is taken."))
@option(
    "--despite-faults",
    is_flag=True,
    help=N_("Keep what came back though it does not hold together."),
)
@with_common(db_option, json_option)
def restore(
    common: Common, file: Path, passphrase_file: Path | None, digest: str, despite_faults: bool
) -> None:
    """All of it or nothing; exit code 5 when what came back does not hold together."""
    from cli.faults import BROKEN
    from cli.output import print_json
    from cli.progress import bar
    from cli.session import database_url
    from config import clock
    from storage.restore import restore as read

    with bar(_("Restore"), None) as told:
        found = read(
            file, database_url(common.db_url), _folder(), clock.now(), _to(told),
            passphrase=passphrase_of(passphrase_file), digest=digest,
            despite_faults=despite_faults,
        )  # fmt: skip
    if common.as_json:
        print_json(found)
    else:
        _tell(found, kept=despite_faults or not found.faults)
    if found.faults:
        raise click.exceptions.Exit(BROKEN)


def _tell(found: Any, *, kept: bool) -> None:
    for fault in found.faults:
        click.echo(fault, err=True)
    if not kept:
        click.echo(_("Nothing was restored."), err=True)
        return
    click.echo(
        _("Restored as of {at}: {rows} rows, {events} events verified, {files} files.").format(
            at=found.made_at, rows=found.rows, events=found.events, files=found.files
        )
    )
    if found.held:
        click.echo(
            _("{n} messages that had not gone out are held: xiaohao outbox held").format(
                n=found.held
            )
        )


def _folder() -> Path:
    from config.settings import settings

    return settings().var_dir / "evidence"


def passphrase_of(path: Path | None) -> str:
    """The first line of the file; `Malformed` where it is empty."""
    from workflow.errors import Malformed, Reason

    if path is None:
        return ""
    found = path.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    if not found:
        raise Malformed(
            Reason(
                "passphrase_empty",
                _("The file with the passphrase is empty."),
                "passphrase_file",
                _("Write the passphrase into its first line."),
            )
        )
    return found


def _to(told: Any) -> Any:
    return lambda _what, done, _total: told(done)
