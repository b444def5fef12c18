"""Monthly bulletins and figures of units."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.bulletins import figures, files, listing, show

router = APIRouter()
for _part in (figures, files, listing, show):
    router.include_router(_part.router)
