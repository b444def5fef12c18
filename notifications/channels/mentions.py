"""Group robots: one address for everybody, with the mark by which the member is mentioned."""

from __future__ import annotations

from models.directory import PersonInfo
from notifications.channels.phones import mobile

GROUP = "group"
USERID, MOBILE = "userid:", "mobile:"


def mark_of(person: PersonInfo, *, userid: str | None = None) -> str:
    """`userid:wangjg`, else `mobile:13800000000`, else `group`: the group itself is reached."""
    if userid:
        return USERID + userid
    number = mobile(person)
    return MOBILE + number if number else GROUP


def mentioned(address: str, prefix: str) -> list[str]:
    """Whom to mention in that way: one or nobody."""
    return [address.removeprefix(prefix)] if address.startswith(prefix) else []
