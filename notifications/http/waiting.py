"""How long the other side asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WISH = timedelta(days=1)


def wish(text: str, now: datetime) -> timedelta | None:
    """What `Retry-After` asks for (seconds or a date), at most a day; None for nothing sound."""
    if text.isascii() and text.strip().isdigit() and len(text) < 10:
        asked = timedelta(seconds=int(text))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        asked = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta(0)), LONGEST_WISH)
