"""Building blocks of the commands: groups that load late, texts in the user's language, options.

Help texts are given as message ids (`N_`) and translated when they are shown. Nothing here imports
the engine, so that `xiaohao --help` stays quick; commands import what they need when they run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from importlib import import_module
from typing import Any, TypeVar

import click

from config.i18n import N_
from config.i18n import gettext as _

F = TypeVar("F", bound=Callable[..., Any])


class Option(click.Option):
    """An option whose help is translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option's line in the help."""
        original, self.help = self.help, _(self.help) if self.help else self.help
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = original


class _Translated(click.Command):
    """Help that is translated when it is shown."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The text below the usage line."""
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(_(self.help))

    def get_short_help_str(self, limit: int = 45) -> str:
        """The line in the list of commands."""
        return _(self.help).split("\n", 1)[0] if self.help else ""


class Command(_Translated):
    """A command whose help is translated when it is shown; it runs with sound settings only."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, after a look at the settings."""
        from cli.sound_settings import refuse_unknown_names

        refuse_unknown_names()
        return super().invoke(ctx)


@dataclass(frozen=True, slots=True)
class Late:
    """Where a command is found, and its line in the list, known without importing it."""

    module: str
    attribute: str
    help: str


class Group(_Translated, click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    command_class = Command

    def __init__(self, *args: Any, late: dict[str, Late] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late = late or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were given."""
        return [*self.late, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now if need be."""
        found = self.late.get(cmd_name)
        if found is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(found.module), found.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing the late ones."""
        rows = [(name, _(late.help)) for name, late in self.late.items()]
        rows += [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)


def group(help_text: str) -> Callable[[Callable[..., None]], Group]:
    """A group of commands with a translated help."""
    return click.group(cls=Group, help=help_text)


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """`click.option` with a translated help."""
    return click.option(*names, cls=Option, **attributes)


def joined(*decorators: Callable[[Any], Any]) -> Callable[[F], F]:
    """Several options as one decorator, shown in the order given."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


json_option = option("--json", "as_json", is_flag=True, help=N_("Print data as JSON."))
db_option = option(
    "--db",
    "db_url",
    metavar="URL",
    help=N_("Address of the database; XIAOHAO_DATABASE_URL, or a file below var/, by default."),
)
as_option = option(
    "--as",
    "acting_as",
    envvar="XIAOHAO_ACTOR",
    metavar="USERNAME",
    help=N_("Who acts; XIAOHAO_ACTOR by default."),
)
# Training databases live in another time; nobody else needs it.
at_option = option("--at", "at", metavar="TIME", hidden=True, help=N_("Pretend that it is then."))
time_option = option(
    "--at",
    "at",
    metavar="TIME",
    help=N_("When, in local time, e.g. 2026-09-28T10:00; now by default."),
)
version_option = option(
    "--expect-version",
    "expected_version",
    type=int,
    metavar="N",
    help=N_("Refuse if somebody has changed it since version N."),
)


@dataclass(frozen=True, slots=True)
class Common:
    """Options that most commands share."""

    db_url: str | None = None
    acting_as: str | None = None
    at: str | None = None
    as_json: bool = False
    expected_version: int | None = None


def with_common(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    """Give a command these options and hand them to it as one `Common`."""

    def decorate(function: F) -> F:
        @wraps(function)
        def command(**values: Any) -> Any:
            shared = {k: values.pop(k) for k in Common.__slots__ if k in values}
            work = partial(function, Common(**shared), **values)
            return _tried(work) if as_option in options else work()

        return joined(*options)(command)  # type: ignore[return-value]

    return decorate


def _tried(work: Callable[[], Any]) -> Any:
    """Somebody's command, tried again if the database had a passing fault and it saved nothing."""
    from config.settings import settings
    from models.attempts import run

    return run(work, settings().database_retry_seconds, must_begin=True)


using_database = with_common(db_option, at_option, json_option)
"""For commands of the machine itself: database, JSON."""
reading = with_common(db_option, as_option, at_option, json_option)
"""For what reads, or administers, as somebody: the same and the actor."""
acting = with_common(db_option, as_option, at_option, version_option, json_option)
"""For what acts in the loop: the same and the version expected."""
