"""The portal's pages, one module a page or a family of pages."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import (
    account,
    acts,
    admin,
    deliveries,
    document_files,
    document_new,
    documents,
    evidence,
    exports,
    feed,
    home,
    imports,
    issue,
    ledger,
    notices,
    report,
    signin,
    supervision,
    views,
)


def routers() -> list[APIRouter]:
    """Every router of the portal, in the order in which addresses are tried."""
    return [
        signin.router,
        account.router,
        feed.router,
        admin.router,
        home.router,
        ledger.router,
        exports.router,
        imports.router,
        views.router,
        notices.router,
        deliveries.router,
        supervision.router,
        report.router,
        document_files.router,
        document_new.router,
        documents.router,
        evidence.router,
        issue.router,
        acts.router,
    ]
