"""The default network of milestones, read from `milestones.toml` and checked as it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.faults import ConfigurationError, Fault, from_validation
from config.i18n import gettext as _
from config.projects import Nature, Stage
from config.texts import read_toml

FILE = Path(__file__).with_name("milestones.toml")
DATES = ("actual_start_on", "in_statistics_on", "actual_finish_on", "in_production_on")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultMilestone(_Part):
    """A milestone of the default network; `days` are working days."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")
    name: str = Field(min_length=1, max_length=60)
    en: str
    stage: Stage
    days: int = Field(ge=1, le=2000)
    after: tuple[str, ...]
    unit: str
    category: str
    without: tuple[Nature, ...] = ()
    anchor: Literal["", "start", "finish"] = ""
    fills: str = Field(default="", pattern=f"^({'|'.join(DATES)})?$")


class PermitKind(_Part):
    """A kind of permit: how many months it holds, and which milestone must use it in time."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")
    name: str
    en: str
    of: str = ""
    months: int | None = Field(default=None, ge=1)
    used_by: str = ""


class Prompt(_Part):
    """Two dates that should follow each other at once (拿地即开工, 竣工即发证)."""

    key: Literal["land_start", "certificate"]
    name: str
    en: str
    first: str
    then: str


class LandRules(_Part):
    """Who keeps the land-service list, and what a demand beyond it is filed under."""

    keeper: str
    category: str


class Network(_Part):
    """The whole default network."""

    milestone: tuple[DefaultMilestone, ...]
    permit: tuple[PermitKind, ...] = ()
    prompt: tuple[Prompt, ...] = ()
    land: LandRules

    @property
    def by_key(self) -> dict[str, DefaultMilestone]:
        """Milestones by key."""
        return {one.key: one for one in self.milestone}

    @property
    def permits(self) -> dict[str, PermitKind]:
        """Kinds of permits by key."""
        return {one.key: one for one in self.permit}


@lru_cache(maxsize=8)
def parse_network(source: str, file: str = "milestones.toml") -> Network:
    """The network in a text. Raises `ConfigurationError` naming every fault."""
    try:
        found = Network.model_validate(read_toml(source, file))
    except ValidationError as error:
        raise ConfigurationError(from_validation(file, error)) from error
    faults = [*_twins(found, file), *_unknown(found, file)] or list(_cycle(found, file))
    if faults:
        raise ConfigurationError(faults)
    return found


def default_network() -> Network:
    """The network that comes with the program."""
    return parse_network(FILE.read_text(encoding="utf-8"))


def _twins(network: Network, file: str) -> Iterator[Fault]:
    named: tuple[tuple[str, list[str]], ...] = (
        ("milestone", [m.key for m in network.milestone]),
        ("permit", [p.key for p in network.permit]),
        ("prompt", [str(p.key) for p in network.prompt]),
    )
    for what, keys in named:
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield Fault(
                file, f"{what}.{key}", _("stands there more than once"),
                _("give each a key of its own"),
            )  # fmt: skip
    for anchor in ("start", "finish"):
        if sum(m.anchor == anchor for m in network.milestone) != 1:
            yield Fault(
                file, f"anchor.{anchor}", _("is not on exactly one milestone"),
                _("give it to one milestone"),
            )  # fmt: skip


def _unknown(network: Network, file: str) -> Iterator[Fault]:
    known = set(network.by_key)
    for one in network.milestone:
        yield from _missing(file, f"milestone.{one.key}.after", one.after, known)
    for permit in network.permit:
        named = [name for name in (permit.of, permit.used_by) if name]
        yield from _missing(file, f"permit.{permit.key}", named, known)
    for prompt in network.prompt:
        names = (prompt.first, prompt.then)
        yield from _missing(file, f"prompt.{prompt.key}", names, known | set(network.permits))


def _missing(file: str, key: str, names: Iterable[str], known: set[str]) -> Iterator[Fault]:
    for name in names:
        if name not in known:
            yield Fault(
                file, key, _("names {name}, which does not exist").format(name=name),
                _("use one of: {names}").format(names=", ".join(sorted(known))),
            )  # fmt: skip


def _cycle(network: Network, file: str) -> Iterator[Fault]:
    try:
        TopologicalSorter({m.key: m.after for m in network.milestone}).prepare()
    except CycleError as error:
        yield Fault(
            file, "milestone", _("wait for each other in a circle: {names}").format(
                names=" → ".join(error.args[1])
            ), _("take one of these edges out"),
        )  # fmt: skip
