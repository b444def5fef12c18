"""A platform that hands issues in, as the tests use it."""

from __future__ import annotations

from typing import Any

from tests.world import LINES, World
from workflow import sources
from workflow.intake import IntakeForm, IntakeOutcome, intake

CODE, ACCOUNT, SECRET_NAME = "12345", "spj_reporter", "hotline"
SECRET = "not for anybody's eyes"


def registered(world: World, **changes: Any) -> None:
    """The hotline's platform with its account, registered by the system administrator."""
    usual = {"code": CODE, "name": "12345热线", "person": ACCOUNT}
    world.do(sources.register, "sysadmin", "2026-03-02 09:00", **(usual | changes))


def form(source_id: str = "A-1", **changes: Any) -> IntakeForm:
    """What the platform hands in."""
    usual: dict[str, Any] = {
        "title": "10千伏杆线影响施工",
        "description": "地块北侧10千伏杆线需迁移",
        "category": LINES,
        "board": "lucheng",
        "no_project_reason": "片区共性问题",
    }
    return IntakeForm(source_id, **(usual | changes))


def handed_in(
    world: World, now: Any = "2026-03-02 10:00", source_id: str = "A-1", **changes: Any
) -> IntakeOutcome:
    """An issue that the platform files."""
    outcome: IntakeOutcome = world.do(
        intake, ACCOUNT, now, source=CODE, form=form(source_id, **changes)
    )
    return outcome
