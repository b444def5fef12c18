"""The portal's pages, one module a page or a family of pages."""

from __future__ import annotations

from fastapi import APIRouter

from web.pages import (
    account,
    acts,
    admin,
    bulletins,
    coordination,
    deliveries,
    demands,
    document_files,
    document_new,
    documents,
    evidence,
    exports,
    feed,
    home,
    imports,
    inspections,
    issue,
    ledger,
    meetings,
    notices,
    report,
    signin,
    supervision,
    targets,
    views,
)
from web.pages.projects import acts as project_acts
from web.pages.projects import edit as project_edit
from web.pages.projects import figure_months
from web.pages.projects import figures as project_figures
from web.pages.projects import forces as project_forces
from web.pages.projects import imports as project_imports
from web.pages.projects import land as project_land
from web.pages.projects import list as project_list
from web.pages.projects import merge as project_merge
from web.pages.projects import milestones as project_milestones
from web.pages.projects import plan as project_plan
from web.pages.projects import show as project_show
from web.pages.projects import wall as project_wall


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
        demands.router,
        supervision.router,
        meetings.router,
        coordination.router,
        project_list.router,
        project_imports.router,
        project_forces.router,
        project_edit.router,
        project_acts.router,
        project_merge.router,
        project_wall.router,
        project_milestones.router,
        project_plan.router,
        project_land.router,
        targets.router,
        figure_months.router,
        project_figures.router,
        bulletins.router,
        inspections.router,
        report.router,
        document_files.router,
        document_new.router,
        documents.router,
        evidence.router,
        issue.router,
        acts.router,
        project_show.router,
    ]
