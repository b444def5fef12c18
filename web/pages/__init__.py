"""The portal's pages, one module a page or a family of pages."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import acts, home, issue, signin


def routers() -> list[APIRouter]:
    """Every router of the portal, in the order in which addresses are tried."""
    return [signin.router, home.router, issue.router, acts.router]
