"""The library's pages ask the database as often for sixty projects as for six."""

from __future__ import annotations

import pytest

from models import tables
from projects.library import listings, tags
from tests.acceptance.test_page_statements import asked
from tests.integration.library_kit import NOW, added, rows
from tests.portal import Portal

pytestmark = pytest.mark.one_database
PATHS = ("/projects", "/projects?list=city&year=2026&q=项目", "/projects/export.csv",
         "/projects/chains", "/task-forces")  # fmt: skip


def test_no_page_of_the_library_asks_more_for_more_projects(portal: Portal) -> None:
    world = portal.world
    chief = portal.sign_in("chief")
    counts = []
    for many in (6, 54):
        for n in range(many):
            key = added(world, f"项目{many}-{n}")
            world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2026)
            world.do(tags.put, "chief", NOW, project_id=key, kind="other", tag="绿岛")
        first = rows(world, tables.project)[0].id
        paths = (*PATHS, f"/projects/{first}", f"/projects/{first}/merge")
        counts.append({path: asked(portal, chief, path) for path in paths})
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 45, counts[0]
