"""What the error codes of chat services mean: whose fault, and whether trying again helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from notifications.channels.gateway import Gateway

_NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Codes by meaning. A code that stands nowhere is temporary: a retry costs little.

    `refused`: the message is at fault. `bounced`: the address is. `wide`: every message would
    meet the same. `waits`: how long a limit that was overrun stays shut (also for everybody).
    """

    refused: frozenset[int] = _NOTHING
    bounced: frozenset[int] = _NOTHING
    wide: frozenset[int] = _NOTHING
    waits: Mapping[int, timedelta] = field(default_factory=dict)
    unknown_wide: bool = False

    def raise_for(self, gateway: Gateway, code: object, text: object) -> NoReturn:
        """Raise the channel error that the code means."""
        reason = f"{code} {text}"
        number = code if isinstance(code, int) else 0
        if number in self.bounced:
            gateway.permanent(reason, bounced=True)
        if number in self.refused:
            gateway.permanent(reason)
        if number in self.waits:
            gateway.temporary(reason, retry_after=self.waits[number], channel_wide=True)
        gateway.temporary(reason, channel_wide=self.unknown_wide or number in self.wide)
