"""Figures for Prometheus: what they count, what they cost, who gets them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.testclient import TestClient

from config.settings import settings
from tests.api import program
from tests.portal import Portal, opened
from tests.statements import asked_of
from tests.world import World
from web.server import create_app
from workflow.heartbeats import beat
from workflow.sweep import tick

MORNING = "2026-09-28 09:00"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def portal(world: World, tmp_path: Path) -> Iterator[Portal]:
    with opened(world, tmp_path, MORNING) as found:
        yield found


def scraped(portal: Portal) -> Samples:
    answer = TestClient(portal.app, client=("127.0.0.1", 4000)).get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"xiaohao_{name}", frozenset(labels.items())), 0.0)


def test_the_loop_shows_in_the_figures(portal: Portal) -> None:
    world = portal.world
    world.reported(MORNING)
    scraped(portal)  # from here on it counts
    case = world.acknowledged(MORNING)
    portal.at("2026-10-26 10:00")
    tick(world.db, now=portal.now)
    beat(world.db, "sweep", "worker", portal.now)
    portal.now += timedelta(minutes=5)
    found = scraped(portal)
    assert value(found, "transitions_total", tag="issue.report") == 1
    assert value(found, "transitions_total", tag="task.acknowledge") == 1
    assert sum(v for (n, _), v in found.items() if n == "xiaohao_rungs_total") > 0
    level = world.task(case.task).level
    assert level > 0 and value(found, "overdue_tasks", level=str(level)) == 1
    assert value(found, "tick_age_seconds", job="sweep") == 300
    assert (
        value(found, "outbox_depth", kind="notice") + value(found, "outbox_depth", kind="message")
        > 0
    )
    assert value(found, "callbacks_pending") == 0


def test_side_limits_are_counted_by_kind_so_that_series_do_not_grow_with_issues(
    portal: Portal,
) -> None:
    world = portal.world
    world.reported(MORNING)
    scraped(portal)
    for minute in (1, 2, 3):
        world.reported(f"2026-09-28 09:0{minute}")
    tick(world.db, portal.at("2026-11-20 10:00").now)
    portal.now += timedelta(minutes=5)
    found = {k: n for k, n in scraped(portal).items() if k[0] == "xiaohao_rungs_total"}
    assert {dict(labels)["rung"] for _name, labels in found} == {"triage"}
    assert value(found, "rungs_total", rung="triage", outcome="fired") == 4
    assert value(found, "rungs_total", rung="triage", outcome="superseded") > 4


def test_nothing_is_counted_twice_and_young_rows_come_later(portal: Portal) -> None:
    world = portal.world
    scraped(portal)
    world.reported(MORNING)
    portal.at("2026-09-28 09:00:30")
    assert value(scraped(portal), "transitions_total", tag="issue.report") == 0
    portal.at("2026-09-28 09:02")
    for _ in range(3):
        assert value(scraped(portal), "transitions_total", tag="issue.report") == 1
    world.reported("2026-09-28 09:03")
    portal.at("2026-09-28 09:05")
    assert value(scraped(portal), "transitions_total", tag="issue.report") == 2


def test_a_scrape_costs_the_same_however_many_issues_there_are(portal: Portal) -> None:
    def statements() -> int:
        with asked_of(portal.world.db) as sent:
            scraped(portal)
        return len(sent)

    portal.world.reported(MORNING)
    portal.at("2026-09-28 10:00")
    scraped(portal)
    portal.world.reported(MORNING)
    few = statements()
    for _ in range(4):
        portal.world.reported(MORNING)
    assert statements() == few


def test_latency_is_told_by_route_and_never_by_what_strangers_type(portal: Portal) -> None:
    chief = program(portal, "chief")
    chief.call("GET", "/issues/WT-2026-000001")
    chief.call("GET", "/made-up-by-somebody")
    found = {name: v for name, v in scraped(portal).items() if name[0].endswith("seconds_count")}
    routes = {dict(labels)["route"] for _name, labels in found}
    assert "/api/v1/issues/{number}" in routes and "(none)" in routes
    assert not any("WT-2026" in route or "made-up" in route for route in routes)


def test_no_business_shows_in_the_figures(portal: Portal) -> None:
    case = portal.world.acknowledged(MORNING)
    program(portal, "chief").get(f"/issues/{case.issue}")
    text = TestClient(portal.app, client=("::1", 4000)).get("/metrics").text
    for word in (case.issue, "杆线", "建设局", "zjj", "孙"):
        assert word not in text


def test_without_a_token_only_this_machine_scrapes(portal: Portal) -> None:
    local = TestClient(portal.app, client=("127.0.0.1", 4000))
    assert local.get("/metrics").status_code == 200
    assert local.get("/metrics", headers={"x-forwarded-for": "10.0.0.9"}).status_code == 403
    for address in ("10.0.0.9", "testclient"):
        assert TestClient(portal.app, client=(address, 1)).get("/metrics").status_code == 403


def test_with_a_token_whoever_bears_it_scrapes(portal: Portal) -> None:
    config = settings().model_copy(update={"metrics_token": SecretStr("let-me-in")})
    app = create_app(portal.world.db, config, with_worker=False)
    far = TestClient(app, client=("10.0.0.9", 1))
    assert far.get("/metrics", headers={"authorization": "Bearer let-me-in"}).status_code == 200
    for wrong in ({}, {"authorization": "Bearer guess"}):
        assert far.get("/metrics", headers=wrong).status_code == 403
        assert TestClient(app, client=("127.0.0.1", 1)).get("/metrics", headers=wrong).is_error


def test_the_document_is_open_and_complete(portal: Portal) -> None:
    made = program(portal).get("/openapi.json")
    assert made["openapi"].startswith("3.1")
    assert set(made["components"]["securitySchemes"]) == {"token", "session"}
    known = {tag["name"] for tag in made["tags"]}
    for path, operations in made["paths"].items():
        for operation in operations.values():
            assert set(operation["tags"]) <= known and operation["summary"]
            if path.startswith("/api/"):
                refusals = {s: a for s, a in operation["responses"].items() if s >= "4"}
                assert {"401", "403", "422", "429", "503"} <= refusals.keys()
                for refusal in refusals.values():
                    assert list(refusal["content"]) == ["application/problem+json"]


def test_the_document_for_people_needs_no_other_host_and_no_script(portal: Portal) -> None:
    answer = program(portal).call("GET", "/docs")
    assert answer.status_code == 200
    for path in ("/api/v1/issues/{number}/approve", "/api/v1/intake"):
        assert path in answer.text
    assert "http://" not in answer.text and "https://" not in answer.text
    assert "style=" not in answer.text and "onclick" not in answer.text
