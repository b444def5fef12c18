"""Channels: one folder each, so that the next one is copied from a neighbour.

A folder `name/` in here is the channel `name`. Its `__init__.py` gives `address_of(person)`,
which must not need any setting, and `create(settings)`, which returns the `Channel`. `NEEDS` names
the settings without which it cannot send, if there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from pydantic import SecretStr

from config.settings import Settings
from models.directory import PersonInfo
from notifications.channels.base import Channel, UnknownChannel

INAPP = "inapp"
AddressRule = Callable[[PersonInfo], str | None]


@cache
def known() -> tuple[str, ...]:
    """Names of the channels that there are."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


def registry(settings: Settings) -> dict[str, Channel]:
    """The channels that `settings.channels` names. Raises UnknownChannel."""
    return {name: create(name, settings) for name in settings.channel_names()}


def create(name: str, settings: Settings) -> Channel:
    """One channel. Raises UnknownChannel, and ValueError for settings that cannot be used."""
    made: Channel = _module(name).create(settings)
    return made


def missing(name: str, settings: Settings) -> tuple[str, ...]:
    """The variables that the channel needs and that are empty. Raises UnknownChannel."""
    needs: tuple[str, ...] = getattr(_module(name), "NEEDS", ())
    return tuple(f"XIAOHAO_{one.upper()}" for one in needs if not _given(getattr(settings, one)))


def _given(value: Any) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


@cache
def address_rule(name: str) -> AddressRule:
    """How the channel finds a person's address. Raises UnknownChannel."""
    rule: AddressRule = _module(name).address_of
    return rule


def _module(name: str) -> ModuleType:
    if name not in known():
        raise UnknownChannel(name, known())
    return import_module(f"{__name__}.{name}")  # lazily: a channel may need heavy libraries
