"""通知方式: each person switches channels on and off, as far as the policy leaves a choice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from config.i18n import gettext as _
from models import tables
from models.db import Session
from models.directory import PersonInfo
from notifications.channels import INAPP, address_rule
from notifications.routing import BOUNCED, NO_ADDRESS, obstacle, reach
from workflow.context import context
from workflow.errors import GuardFailed, Malformed, Reason
from workflow.organisation import changed
from workflow.reaching import rules_of
from workflow.wording import word


@dataclass(frozen=True, slots=True)
class Choice:
    """A channel in use, as it stands for a person. `trouble`: why it does not reach them."""

    channel: str
    optional: bool
    on: bool
    address: str
    trouble: str | None


def choices(s: Session, person: PersonInfo) -> list[Choice]:
    """Every channel in use, in the order of the settings."""
    ctx = context(s)
    rules = rules_of(ctx.policy())
    person = ctx.directory.people.get(person.id, person)
    taken = reach(person, ctx.channels, rules).channels
    found = []
    for name in ctx.channels:
        off = name in rules.optional and name not in taken
        if name in rules.optional and obstacle(person, name) is not None:
            off = name in person.unwanted or (name in rules.chosen and name not in person.wanted)
        address = "" if name == INAPP else address_rule(name)(person) or ""
        found.append(Choice(name, name in rules.optional, not off, address, obstacle(person, name)))
    return found


def choose(s: Session, *, wanted: Collection[str], actor: PersonInfo, now: datetime) -> None:
    """Switch on the optional channels named and every other optional one off, for oneself.

    Raises `Malformed` for a channel that is not optional, `GuardFailed` for one that is newly
    switched on though it has no working address.
    """
    now_on = {c.channel: c for c in choices(s, actor) if c.optional}
    _refuse_unknown(set(wanted) - set(now_on))
    person = context(s).directory.people[actor.id]
    _refuse_unreachable([c for n, c in now_on.items() if n in wanted and n not in person.wanted])
    on, off = sorted(n for n in now_on if n in wanted), sorted(set(now_on) - set(wanted))
    if set(on) == person.wanted & set(now_on) and set(off) == person.unwanted & set(now_on):
        return
    for name in sorted(now_on):  # in one order, so that two at a time do not block each other
        _keep(s, actor.id, name, name in wanted)
    changed(s, "person.channels", actor, {"wanted": on, "unwanted": off}, actor, now)


def _keep(s: Session, person_id: int, channel: str, wanted: bool) -> None:
    """Whatever was chosen before, of this channel alone: others may come back into use."""
    new = postgresql.insert if s.dialect == "postgresql" else sqlite.insert
    row = {"person_id": person_id, "channel": channel, "wanted": wanted}
    added = new(tables.channel_choice).values(**row)
    key = ["person_id", "channel"]
    s.execute(added.on_conflict_do_update(index_elements=key, set_={"wanted": wanted}))


def _refuse_unknown(names: set[str]) -> None:
    if names:
        raise Malformed(
            Reason(
                "channel_fixed",
                _("These channels are not yours to choose: {names}.").format(
                    names="、".join(word("channel", name) for name in sorted(names))
                ),
                "channels",
                _("Choose among those that the policy leaves open."),
            )
        )


def _refuse_unreachable(chosen: list[Choice]) -> None:
    refused = [_without_address(c) for c in chosen if not c.on and c.trouble == NO_ADDRESS]
    refused += [_bad_address(c) for c in chosen if not c.on and c.trouble == BOUNCED]
    if refused:
        raise GuardFailed(*refused)


def _without_address(choice: Choice) -> Reason:
    return Reason(
        "channel_no_address",
        _("You have no address for {channel}.").format(channel=word("channel", choice.channel)),
        "channels",
        _("Let the system administrator enter it first."),
    )


def _bad_address(choice: Choice) -> Reason:
    return Reason(
        "channel_bounced",
        _("Your address for {channel} was refused for good.").format(
            channel=word("channel", choice.channel)
        ),
        "channels",
        _("Let the system administrator correct it, or the office clear it."),
    )
