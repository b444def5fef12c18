"""The made-up people of the demonstration: one account per role and unit, marked 演示.

Usernames say who somebody is: `zjj_head`, `zjj_deputy`, `zjj_liaison`, `zjj_handler` and, where
the policy lets a unit verify, `zjj_verifier`; the officers are named after their role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.roles import Post, Role, UnitKind
from models.db import Session
from models.directory import UnitInfo
from workflow.context import context
from workflow.organisation import add_person

MARK = "（演示）"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is shown to whoever tries the demonstration."""

    username: str
    name: str
    unit: str
    post: Post
    roles: tuple[Role, ...]


# after the unit's code: given name, post, rights
POSTS: tuple[tuple[str, str, Post, tuple[Role, ...]], ...] = (
    ("head", "建国", Post.HEAD, (Role.UNIT_LEADER,)),
    ("deputy", "志强", Post.DEPUTY_HEAD, (Role.UNIT_LEADER,)),
    ("liaison", "敏", Post.LIAISON, (Role.UNIT_LIAISON,)),
    ("handler", "磊", Post.STAFF, (Role.REPORTER,)),
)
VERIFIER = ("verifier", "洁", Post.STAFF, (Role.VERIFIER,))

OFFICERS: tuple[Account, ...] = (
    Account("triage", "李文", "jfj", Post.STAFF, (Role.TRIAGE_OFFICER,)),
    Account("triage2", "李斌", "jfj", Post.STAFF, (Role.TRIAGE_OFFICER,)),
    Account("chief", "钱永年", "jfj", Post.STAFF, (Role.OFFICE_CHIEF,)),
    Account("director", "蒋明远", "jfj", Post.STAFF, (Role.DEPUTY_DIRECTOR,)),
    Account("inspector", "沈严", "jfj", Post.STAFF, (Role.INSPECTOR,)),
    Account("commissioner", "韩冰", "jfj", Post.STAFF, (Role.COMMISSIONER,)),
    Account("principal", "秦正", "dgw", Post.HEAD, (Role.PRINCIPAL,)),
    Account("auditor", "许清", "dzb", Post.STAFF, (Role.AUDITOR,)),
    Account("sysadmin", "曹工", "dzb", Post.STAFF, (Role.SYSADMIN,)),
    Account("secadmin", "严守", "dzb", Post.STAFF, (Role.SECADMIN,)),
)

FAMILY_NAMES = "王陈杨赵周吴徐孙胡朱高林何郭马罗梁宋郑谢"


def accounts(units: list[UnitInfo], verifying: set[str]) -> list[Account]:
    """Everybody, unit by unit; `verifying` holds the codes of the units that verify."""
    found = []
    for unit, family in zip(units, FAMILY_NAMES, strict=False):
        if unit.kind != UnitKind.LEADERSHIP:
            posts = (*POSTS, VERIFIER) if unit.code in verifying else POSTS
            found += [
                Account(f"{unit.code}_{suffix}", family + given, unit.code, post, roles)
                for suffix, given, post, roles in posts
            ]
    return found + list(OFFICERS)


def add_people(s: Session, now: datetime) -> list[Account]:
    """Create every account of the zone's units; their addresses lead nowhere (RFC 2606)."""
    ctx = context(s)
    verifying = {category.verifier for category in ctx.policy().categories.values()}
    everybody = accounts(list(ctx.directory.units.values()), verifying)
    actor = None  # nobody is there yet; the system administrator then makes the last
    for one in everybody:
        add_person(
            s, username=one.username, name=one.name + MARK, unit=one.unit, post=one.post,
            roles=tuple(one.roles), email=f"{one.username}@demo.example", actor=actor, now=now,
        )  # fmt: skip
        if Role.SYSADMIN in one.roles:
            actor = context(s).directory.by_username[one.username]
    return everybody
