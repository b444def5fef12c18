"""系统管理: one module a page. `access` says who may open which."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.admin import (
    audit,
    calendar,
    calendar_change,
    index,
    jobs,
    people,
    person,
    policy,
    policy_activation,
    simulator,
    sources,
    templates,
    tokens,
    units,
    workflow,
)

router = APIRouter()
for module in (
    index, units, people, person, calendar_change, calendar, simulator, policy_activation, policy,
    workflow, templates, tokens, sources, jobs, audit,
):  # fmt: skip
    router.include_router(module.router)
