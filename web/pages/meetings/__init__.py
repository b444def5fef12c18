"""攻坚调度会: the list, one meeting, its candidates, its session, its minutes."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.meetings import acts, decisions, forms, index, minutes, session, show

router = APIRouter()
for _part in (index, decisions, forms, minutes, session, show, acts):
    router.include_router(_part.router)
