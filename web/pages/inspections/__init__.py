"""督查、批示、绩效评估: every router of these pages, specific addresses before general ones."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages.inspections import (
    commitments,
    evaluations,
    findings,
    instruction,
    instructions,
    listing,
    new,
    report,
    samples,
    show,
)

router = APIRouter()
for _part in (
    listing, new, samples, instructions, instruction, findings, report, show, evaluations,
    commitments,
):  # fmt: skip
    router.include_router(_part.router)
