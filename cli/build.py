"""Commands of the loop built from a line each: name, help, the engine's function, its fields."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import click

from cli.kit import Command, Common, Group, acting, joined, option
from config.i18n import N_

What = Literal["text", "moment", "date", "number", "flag", "many"]


@dataclass(frozen=True, slots=True)
class Field:
    """A value that the engine's function takes: its parameter, its help, its kind."""

    name: str
    help: str
    what: What = "text"
    names: tuple[str, ...] = ()

    def option(self) -> Any:
        """The option that asks for it. The engine says what must not be empty."""
        names = self.names or (f"--{self.name.replace('_', '-')}",)
        if self.what == "flag":
            return option(*names, self.name, is_flag=True, help=self.help)
        if self.what == "many":
            return option(*names, self.name, multiple=True, help=self.help)
        if self.what == "number":
            return option(*names, self.name, type=int, help=self.help)
        default = "" if self.what == "text" else None
        return option(*names, self.name, default=default, show_default=False, help=self.help)


REASON = Field("reason", N_("Why."))
OPINION = Field("opinion", N_("Opinion or conclusion."))
REVIEW_ON = Field("review_on", N_("Day of the review, e.g. 2026-12-01."), "date")
NEW_DUE = Field(
    "new_due", N_("New deadline; a date alone means close of business of that day."), "moment"
)


def loop_command(
    group: Group,
    name: str,
    help_text: str,
    target: str,
    subject: Literal["issue", "task"],
    *fields: Field,
    tells: str = "",
    **fixed: Any,
) -> None:
    """Add a command that calls `module:function` of the engine on an issue or task.

    `tells` is the kind of notice whose leaving the confirmation names; `fixed` are further
    arguments of the function that the command itself stands for.
    """

    def run(common: Common, number: str, **values: Any) -> None:
        from cli.perform import perform

        module, _colon, function = target.partition(":")
        act = getattr(import_module(f"workflow.commands.{module}"), function)
        perform(
            common,
            lambda call: act(
                call.s,
                actor=call.actor,
                now=call.now,
                expected_version=common.expected_version,
                **{subject: number},
                **converted(call, fields, values),
                **fixed,
            ),
            tells,
        )

    run.__name__ = name
    decorate = joined(
        click.argument("number", metavar="NUMBER"), *(f.option() for f in fields), acting
    )
    group.add_command(click.command(name, cls=Command, help=help_text)(decorate(run)))


def converted(call: Any, fields: tuple[Field, ...], values: dict[str, Any]) -> dict[str, Any]:
    """Typed values for the engine. Raises `Malformed` naming the field."""
    from workflow.typed import parse_date

    result: dict[str, Any] = {}
    for field in fields:
        value = values[field.name]
        if field.what == "moment" and value is not None:
            value = call.moment(value, field.name)
        elif field.what == "date" and value is not None:
            value = parse_date(value, field.name)
        result[field.name] = value
    return result
