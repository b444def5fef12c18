"""Schemathesis over the whole OpenAPI document, as each of the thirteen roles and without a token.

Every call that the document allows (and some that it does not) must be answered with a documented
status, in the documented shape, and never with a fault of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.roles import Role
from models.db import Database
from models.migrate import upgrade
from tests.api import token_of
from tests.databases import Cluster, sqlite_url
from tests.platforms import ACCOUNT, registered
from tests.portal import Portal, opened
from tests.world import World, at, found_zone
from workflow.sweep import tick

pytestmark = pytest.mark.slow

CALLERS = {
    Role.REPORTER: "lucheng_reporter",
    Role.COMMISSIONER: "commissioner",
    Role.UNIT_LIAISON: "zjj_liaison",
    Role.UNIT_LEADER: "zjj_head",
    Role.VERIFIER: "jfj_verifier",
    Role.TRIAGE_OFFICER: "triage",
    Role.OFFICE_CHIEF: "chief",
    Role.DEPUTY_DIRECTOR: "director",
    Role.PRINCIPAL: "principal",
    Role.INSPECTOR: "inspector",
    Role.AUDITOR: "auditor",
    Role.SYSADMIN: "sysadmin",
    Role.SECADMIN: "secadmin",
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
MORNING = "2026-09-28 09:00"


def test_every_role_is_among_the_callers() -> None:
    assert set(CALLERS) == set(Role)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """One database for the whole document; what one call changes the next one meets."""
    folder = tmp_path_factory.mktemp("openapi")
    if request.param == "sqlite":
        upgrade(sqlite_url(folder / "xiaohao.db"))
        yield from _portal(sqlite_url(folder / "xiaohao.db"), folder)
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.database() as url:
        yield from _portal(url, folder)


def _portal(url: str, folder: Path) -> Iterator[Portal]:
    database = Database(url)
    with database.write() as s:
        world = found_zone(s)
    furnished(world)
    with opened(world, folder, "2026-11-20 09:00") as found:
        yield found
    database.close()


def furnished(world: World) -> None:
    """Issues in every phase, some of them long overdue."""
    registered(world)
    for stage in (
        world.reported, world.triaged, world.planned, world.dispatched, world.acknowledged,
        world.submitted, world.verified, world.closed,
    ):  # fmt: skip
        stage(MORNING)
    tick(world.db, now=at("2026-11-19 09:00"))


@pytest.fixture(scope="module")
def headers(portal: Portal) -> list[dict[str, str]]:
    """What each caller sends: everybody's token, the platform's, and none."""
    names = [*CALLERS.values(), ACCOUNT]
    tokens = [{"authorization": f"Bearer {token_of(portal, name)}"} for name in names]
    return [*tokens, {}]


def test_no_call_is_answered_with_a_fault_or_anything_undocumented(
    portal: Portal, headers: list[dict[str, str]]
) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", portal.app)
    statuses: dict[int, int] = {}
    # /healthz answers 503 when something is wrong, as it must
    inside = schema.include(path_regex="^/api/")
    operations = [found.ok() for found in inside.get_all_operations()]
    assert len(operations) > 60
    with get_client(portal.app) as client:
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.POSITIVE or _can_be_wrong(operation):
                    _try(operation, mode, client, headers, statuses)
    assert {200, 201, 401, 403, 404, 409, 422} <= set(statuses), statuses


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.body) or any(
        True for group in (operation.query, operation.path_parameters) for _one in group
    )


def _try(
    operation: Any, mode: Any, client: ASGIClient, headers: list[dict[str, str]],
    statuses: dict[int, int],
) -> None:  # fmt: skip
    @seed(20260928)
    @hypothesis_settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def examine(case: Any) -> None:
        for caller in headers:
            answer = case.call(session=client, headers=caller)
            case.validate_response(answer, checks=CHECKS, headers=caller)
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    examine()
