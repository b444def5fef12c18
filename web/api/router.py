"""Every endpoint of the API under one prefix."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/v1")
