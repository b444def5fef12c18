"""Schemathesis over the whole OpenAPI document, as each of the thirteen roles and without a token.

Every call that the document allows (and some that it does not) must be answered with a documented
status, in the documented shape, and never with a fault of ours.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.python.asgi import ASGIClient, get_client
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.roles import Role
from models import tables
from models.db import Database
from models.migrate import upgrade
from projects.library.imports import uploads
from projects.library.imports.plan import Target
from tests import papers
from tests.acceptance.furnished_projects import MONTH, furnish
from tests.api import token_of
from tests.databases import Cluster, sqlite_url
from tests.platforms import ACCOUNT, registered
from tests.portal import Portal, opened
from tests.wire import WireClient
from tests.world import World, at, found_zone
from web.limits import Buckets
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
EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 3}
EVERYBODY = (*CALLERS.values(), ACCOUNT, "")
STRANGERS = ("chief", "")
"""Who sends what the document does not allow; shapes are refused before roles count."""
MORNING = "2026-09-28 09:00"
Known = dict[str, Any]


def test_every_role_is_among_the_callers() -> None:
    assert set(CALLERS) == set(Role)


@pytest.fixture(scope="module")
def portals(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Portal]]:
    """One database of each kind for the whole document; what one call changes the next one meets.

    The same story in both gives the same numbers, so that the same call fits both.
    """
    folder = tmp_path_factory.mktemp("openapi")
    upgrade(sqlite_url(folder / "xiaohao.db"))
    with (
        cluster.database() as url,
        _portal(sqlite_url(folder / "xiaohao.db"), folder) as one,
        _portal(url, folder) as other,
    ):
        yield [one, other]


@contextmanager
def _portal(url: str, folder: Path) -> Iterator[Portal]:
    database = Database(url)
    with database.write() as s:
        world = found_zone(s)
    furnished(world)
    with opened(world, folder, "2026-11-20 09:00") as found:
        found.app.state.api_limits.failures = Buckets(1_000_000)  # here strangers call all the time
        yield found
    database.close()


def furnished(world: World) -> None:
    """Issues in every phase, some of them long overdue, and a little of the project side."""
    registered(world)
    for stage in (
        world.reported, world.triaged, world.planned, world.dispatched, world.acknowledged,
        world.submitted, world.verified, world.closed,
    ):  # fmt: skip
        stage(MORNING)
    task = world.acknowledged(MORNING).task
    for kind in ("supervision_order", "supervision_letter"):  # documents 1 to 3
        papers.issued(world, kind, MORNING, tasks=[task])
    papers.prepare(world, "supervision_notice", MORNING, tasks=[task])
    furnish(world)
    tick(world.db, now=at("2026-11-19 09:00"))


Tokens = dict[str, dict[str, str]]
"""What each caller sends."""


@pytest.fixture(scope="module")
def callers(portals: list[Portal]) -> list[Tokens]:
    """What they send to each portal: everybody's token, the platform's, and none."""
    return [
        {
            name: {"authorization": f"Bearer {token_of(one, name)}"} if name else {}
            for name in EVERYBODY
        }
        for one in portals
    ]


def test_no_call_is_answered_with_a_fault_or_anything_undocumented(
    portals: list[Portal], callers: list[Tokens]
) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", portals[0].app)
    # /healthz answers 503 when something is wrong, as it must
    inside = schema.include(path_regex="^/api/")
    found: Any = list(inside.get_all_operations())
    operations = [one.ok() for one in found]
    assert len(operations) > 60
    with ExitStack() as stack:
        asked = [
            Asked(portal, stack.enter_context(get_client(cast("Any", portal.app))), tokens)
            for portal, tokens in zip(portals, callers, strict=True)
        ]
        for operation in operations:
            _try(operation, GenerationMode.POSITIVE, asked, EVERYBODY)
            if _can_be_wrong(operation):
                _try(operation, GenerationMode.NEGATIVE, asked, STRANGERS)
    for one in asked:
        assert {200, 201, 401, 403, 404, 409, 422} <= set(one.statuses), one.statuses


def _cursor(order: str, *keys: Any) -> str:
    raw = json.dumps([order, 0, 0, *keys]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


ODD = (
    "x", "-1", "\0", "\ud800", "9" * 40, str(2**31), str(2**63), "nan_1", "0001-01-01",
    "9999-12-31", "9999-12-31T23:59:59-23:59",
)  # fmt: skip
FORGED = (
    _cursor("newest", 2**31), _cursor("newest", 2**63 - 1), _cursor("newest", None),
    _cursor("deadline", "0001-01-01T00:00:00+14:00", 1),
    _cursor("deadline", "9999-12-31T23:59:59-23:59", 1),
)  # fmt: skip


@pytest.mark.parametrize("kind", [0, 1], ids=["sqlite", "postgresql"])
def test_no_odd_value_of_a_parameter_is_answered_with_a_fault(
    portals: list[Portal], callers: list[Tokens], kind: int
) -> None:
    portal, chief = portals[kind], callers[kind]["chief"]
    client = WireClient(portal.app, raising=False)
    tried = 0
    for path, known, parameter in _queries(portal):
        name = parameter["name"]
        for value in (*ODD, *(FORGED if name == "cursor" else ())):
            asked = quote(value, safe="", errors="surrogatepass")
            answer = client.get(f"{path}&{name}={asked}", headers=chief)
            assert str(answer.status_code) in known - {"500", "503"}, (path, name, value)
            if answer.status_code == 422:
                fields = {reason["field"] for reason in answer.json()["reasons"]}
                assert fields == {"address" if value == "\0" else name}, (path, name, value)
            tried += 1
    assert tried > 500


def _queries(portal: Portal) -> Iterator[tuple[str, set[str], dict[str, Any]]]:
    """Addresses that lead somewhere, the statuses they document, each of their parameters."""
    for path, methods in portal.app.openapi()["paths"].items():
        found = methods.get("get", {})
        address = path
        for name, value in next(iter(_known(portal, path)), {}).items():
            address = address.replace(f"{{{name}}}", str(value))
        asked = [p for p in found.get("parameters", ()) if p["in"] == "query"]
        for parameter in asked if path.startswith("/api/") else ():
            needed = {p["name"]: p["schema"]["examples"][0] for p in asked if p["required"]}
            needed.pop(parameter["name"], None)
            yield f"{address}?{urlencode(needed)}", set(found["responses"]), parameter


def _known(portal: Portal, path: str) -> list[Known]:
    """Path parameters that lead somewhere."""
    beside = _beside(portal, path)
    return [one | beside for one in _subjects(portal, path)] or ([beside] if beside else [])


def _subjects(portal: Portal, path: str) -> list[Known]:
    if "/tasks/{number}" in path:
        return [{"number": row.number} for row in portal.world.rows(tables.task)]
    if "/issues/{number}" in path:
        return [{"number": row.number} for row in portal.world.rows(tables.issue)]
    if "/demands/{number}" in path:
        return [{"number": row.number} for row in portal.world.rows(tables.demand)]
    if "{month}" in path:
        return [{"month": MONTH}, {"month": "2026-10"}]
    if "{plan_id}" in path:
        return [{"plan_id": 1}]
    return [{"id": n} for n in (1, 2, 3)] if "{id}" in path else []


def _beside(portal: Portal, path: str) -> Known:
    """What an address names beside its subject: a row of plan 1, an entry of a list, an upload."""
    rows = portal.world.rows
    found: Known = {}
    if "{line}" in path:
        name = portal.world.row(tables.plan, id=1).name
        found["line"] = rows(tables.target, plan=name)[-1].id
    if "{gate}" in path:
        found["gate"] = next((gate.id for gate in rows(tables.plan_gate, plan_id=1)), 1)
    if "{listing}" in path:
        found["listing"] = 1
    if "{key}" in path:
        found["key"] = _handed_in(portal)
    return found


def _handed_in(portal: Portal) -> str:
    """A list of projects that waits for the chief's choices."""
    lines = "项目名称,建设单位\n高性能永磁材料,甲公司\n一个新项目,乙公司\n"
    target = Target("city", 2026, "市库", date(2026, 11, 1))
    chief = portal.world.people["chief"]
    folder = uploads.folder(portal.app.state.settings.var_dir)
    source = BytesIO(lines.encode())
    return uploads.keep(folder, chief, source, "list.csv", target, portal.now).key


def _as_in_the_example(case: Any) -> None:
    """The body that the document shows, without the conditions that random headers make."""
    for name in ("If-Match", "Idempotency-Key"):
        case.headers.pop(name, None)
    made = case.operation.schema.raw_schema
    body = made["paths"][case.operation.path][case.operation.method].get("requestBody", {})
    named = body.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    shape = made["components"]["schemas"].get(named.rpartition("/")[2], {})
    if shape.get("examples"):
        case.body, case.media_type = shape["examples"][0], "application/json"


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.body) or any(
        True for group in (operation.query, operation.path_parameters) for _one in group
    )


@dataclass
class Asked:
    """A portal, how it is called, and what it has answered so far."""

    portal: Portal
    client: ASGIClient
    tokens: Tokens
    statuses: Counter[int] = field(default_factory=Counter)

    def examine(self, case: Any, parameters: Known, caller: str) -> None:
        """Call it as somebody; the answer must be one that the document tells of."""
        case.path_parameters.update(parameters)
        headers = self.tokens[caller]
        answer = case.call(session=self.client, headers=dict(headers))
        case.validate_response(answer, checks=CHECKS, headers=dict(headers))
        self.statuses[answer.status_code] += 1


def _try(
    operation: Any, mode: GenerationMode, asked: list[Asked], callers: tuple[str, ...]
) -> None:
    """Made-up calls of an operation: each is made once, which takes longest, and sent to all."""
    positive = mode is GenerationMode.POSITIVE
    known = _known_to_all(asked, operation.path) if positive else []

    @seed(20260928)
    @hypothesis_settings(
        max_examples=EXAMPLES[mode],
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        parameters=st.sampled_from(known) if known else st.just([{} for _one in asked]),
        usual=st.booleans() if positive else st.just(False),
    )
    def examine(case: Any, parameters: list[Known], usual: bool) -> None:
        if usual:
            _as_in_the_example(case)
        for caller in callers:
            for one, leading in zip(asked, parameters, strict=True):
                one.examine(case, leading, caller)

    examine()


def _known_to_all(asked: list[Asked], path: str) -> list[list[Known]]:
    """Path parameters that lead somewhere, of the same subject in each portal."""
    return [list(one) for one in zip(*(_known(a.portal, path) for a in asked), strict=True)]
