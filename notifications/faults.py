"""What the office is told of when something about delivery is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from models.directory import PersonInfo
from notifications.intent import Intent

KIND = "fault"


def told(
    fault: str,
    subject: str,
    occasion: str,
    detail: str,
    people: Iterable[PersonInfo],
    base_url: str,
    moment: datetime,
    *,
    urgent: bool = False,
) -> list[Intent]:
    """A notice of a fault for each person; a repeat under the same subject and occasion is none.

    `detail` is shown as it stands, so it holds names and figures, no sentence.
    """
    link = f"{base_url.rstrip('/')}/notices/delivery"
    facts = {"fault": fault, "detail": detail, "link": link}
    return [
        Intent(subject, KIND, occasion, person, facts, None, None, 0, urgent, moment)
        for person in people
    ]
