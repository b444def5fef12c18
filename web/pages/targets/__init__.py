"""目标任务: plans of targets, their attainment by month, and how the office keeps them."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.targets import actuals, board, edit, figure, imports, plans

router = APIRouter()
for _part in (imports, plans, board, figure, edit, actuals):
    router.include_router(_part.router)
