"""Click's own messages in the language of the user: they go through our catalogues."""

from __future__ import annotations

from importlib import import_module

from config.i18n import N_, gettext

_MODULES = ("core", "exceptions", "formatting", "decorators", "parser", "types", "termui")

# Click says these itself; naming them here puts them into the catalogues.
TEXTS = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Positional arguments"),
    N_("Missing command."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("required"),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("Aborted!"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Show this message and exit."),
    N_("Show the version and exit."),
    N_("%(prog)s, version %(version)s"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("Could not open file {filename!r}: {message}"),
    N_("file"),
    N_("directory"),
    N_("path"),
    N_("Did you mean {possibility}?"),
    N_("(Did you mean one of: {possibilities}?)"),
    N_("Got unexpected extra argument ({args})"),
    N_("Got unexpected extra arguments ({args})"),
    N_("Option {name!r} requires an argument."),
    N_("Option {name!r} requires {nargs} arguments."),
    N_("{value!r} is not {choice}."),
    N_("{value!r} is not one of {choices}."),
    N_("Takes {nargs} values but 1 was given."),
    N_("Takes {nargs} values but {len} were given."),
)


def speak_our_language() -> None:
    """Let Click take its words from our catalogues. Harmless when repeated."""
    for name in _MODULES:
        module = import_module(f"click.{name}")
        for known, ours in (("_", gettext), ("ngettext", _form)):
            if hasattr(module, known):
                setattr(module, known, ours)


def _form(singular: str, plural: str, count: int) -> str:
    """Each form is a message of its own here, for their placeholders differ."""
    return gettext(singular if count == 1 else plural)
