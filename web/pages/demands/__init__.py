"""Demands of enterprises: the public form and page, the desk, what recurs."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.demands import acts, desk, public, recurring

router = APIRouter()
for _part in (public, recurring, desk, acts):
    router.include_router(_part.router)
