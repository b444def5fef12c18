"""Words for units, posts and rights, shared by every layer."""

from __future__ import annotations

from enum import StrEnum


class UnitKind(StrEnum):
    """What a unit is; league tables compare units only within a kind."""

    BUREAU = "bureau"
    TOWN = "town"
    STREET = "street"
    DEPARTMENT = "department"
    LEADERSHIP = "leadership"
    EXTERNAL = "external"


class Post(StrEnum):
    """A person's place in the unit, which the ladder addresses."""

    HEAD = "head"
    DEPUTY_HEAD = "deputy_head"
    LIAISON = "liaison"
    STAFF = "staff"


class Role(StrEnum):
    """Rights. A role acts for the person's own unit unless it is a bureau-wide one."""

    REPORTER = "reporter"
    COMMISSIONER = "commissioner"
    UNIT_LIAISON = "unit_liaison"
    UNIT_LEADER = "unit_leader"
    VERIFIER = "verifier"
    TRIAGE_OFFICER = "triage_officer"
    OFFICE_CHIEF = "office_chief"
    DEPUTY_DIRECTOR = "deputy_director"
    PRINCIPAL = "principal"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"
    SYSADMIN = "sysadmin"
    SECADMIN = "secadmin"


BUREAU_WIDE = frozenset(
    {Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR, Role.PRINCIPAL, Role.INSPECTOR}
)
"""Roles that see every issue. Seeing is not acting: each command still names its roles."""

SEPARATED = frozenset({Role.AUDITOR, Role.SYSADMIN, Role.SECADMIN})
"""三员分立: one person holds at most one of these, and none of the business roles beside it."""
