"""Every address of the portal and who may open it, or post to it: a table of its own.

It is written down after the domain's roles (三员分立), not read from the pages. An address that
is missing here fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.acceptance.matrix_rules import HANDS, LEADERS

BUSINESS = frozenset(LEADERS | HANDS)
ADMINISTRATORS = frozenset({"sysadmin", "secadmin", "auditor"})
EVERYBODY = BUSINESS | ADMINISTRATORS
OVERSEERS = ADMINISTRATORS | LEADERS
REPORTERS = frozenset(
    {"reporter", "commissioner", "unit_liaison", "unit_leader", "inspector", "triage_officer"}
)
OFFICE = frozenset({"triage_officer", "office_chief"})
INSPECTORS = OFFICE | {"inspector"}
GIVERS = INSPECTORS | {"deputy_director", "principal"}
KEEPERS = frozenset({"sysadmin", "office_chief"})
SYSADMIN, SECADMIN = frozenset({"sysadmin"}), frozenset({"secadmin"})
ADMINS = SYSADMIN | SECADMIN
TRIAGE = frozenset({"triage_officer"})
TEMPLATE = "{kind}/{part}/{language}"


@dataclass(frozen=True, slots=True)
class Page:
    """Who opens an address. `of_case`: whoever sees the case, the others are told 404.

    `public`: also who is not signed in. `elsewhere`: roles that are led to another page.
    """

    path: str
    roles: frozenset[str] = EVERYBODY
    of_case: bool = False
    public: bool = False
    elsewhere: frozenset[str] = frozenset()
    statuses: frozenset[int] = field(default=frozenset({200}))


PAGES: dict[str, Page] = {
    "/healthz": Page("/healthz", public=True, statuses=frozenset({200, 503})),
    "/readyz": Page("/readyz", public=True),
    "/metrics": Page("/metrics", public=True),
    "/api/v1/openapi.json": Page("/api/v1/openapi.json", public=True),
    "/api/v1/docs": Page("/api/v1/docs", public=True),
    "/signin": Page("/signin", public=True),
    "/enterprise": Page("/enterprise", public=True),
    "/demands": Page("/demands", BUSINESS),
    "/demands/recurring": Page("/demands/recurring", BUSINESS),
    "/feeds/{secret}.ics": Page("/feeds/{feed}.ics", public=True),
    "/projects": Page("/projects", BUSINESS),
    "/projects/export.{kind}": Page("/projects/export.csv", BUSINESS),
    "/projects/new": Page("/projects/new", OFFICE),
    "/projects/import": Page("/projects/import", OFFICE),
    "/projects/chains": Page("/projects/chains", BUSINESS),
    "/task-forces": Page("/task-forces", BUSINESS),
    "/projects/wall": Page("/projects/wall", BUSINESS),
    "/projects/milestones": Page("/projects/milestones", BUSINESS),
    "/meetings": Page("/meetings", BUSINESS),
    "/meetings/decisions": Page("/meetings/decisions", BUSINESS),
    "/meetings/new": Page("/meetings/new", OFFICE),
    "/": Page("/", elsewhere=ADMINISTRATORS),
    "/account": Page("/account"),
    "/account/password": Page("/account/password"),
    "/notices": Page("/notices"),
    "/notices/delivery": Page("/notices/delivery", OFFICE | {"deputy_director"}),
    "/supervision": Page("/supervision", BUSINESS),
    "/documents": Page("/documents", BUSINESS),
    "/documents/new": Page("/documents/new", TRIAGE | {"office_chief", "deputy_director"}),
    "/inspections": Page("/inspections", BUSINESS),
    "/inspections/new": Page("/inspections/new", INSPECTORS),
    "/inspections/instructions": Page("/inspections/instructions", BUSINESS),
    "/inspections/instructions/new": Page("/inspections/instructions/new", GIVERS),
    "/inspections/samples": Page("/inspections/samples", frozenset(LEADERS)),
    "/evaluations": Page("/evaluations", BUSINESS),
    "/report": Page("/report", REPORTERS),
    "/report/similar": Page("/report/similar", REPORTERS),
    "/issues": Page("/issues", BUSINESS),
    "/issues/export.{kind}": Page("/issues/export.csv", BUSINESS),
    "/issues/import": Page("/issues/import", TRIAGE),
    "/issues/{number}": Page("/issues/{issue}", of_case=True),
    "/issues/{number}/history": Page("/issues/{issue}/history", of_case=True),
    "/evidence/{number}": Page("/evidence/{evidence}", of_case=True),
    "/targets": Page("/targets", BUSINESS),
    "/targets/new": Page("/targets/new", OFFICE),
    "/targets/import": Page("/targets/import", OFFICE),
    "/figures": Page("/figures", BUSINESS),
    "/figures/table.csv": Page("/figures/table.csv", BUSINESS),
    "/figures/import": Page("/figures/import", BUSINESS),
    "/figures/months": Page("/figures/months", BUSINESS),
    "/bulletins": Page("/bulletins", BUSINESS),
    "/bulletins/figures": Page("/bulletins/figures", BUSINESS),
    "/bulletins/figures/trend": Page("/bulletins/figures/trend", BUSINESS),
    "/bulletins/figures/export.{form}": Page("/bulletins/figures/export.csv", BUSINESS),
    "/bulletins/figures/report.{form}": Page("/bulletins/figures/report.docx", BUSINESS),
    "/admin": Page("/admin", OVERSEERS),
    "/admin/units": Page("/admin/units", ADMINS),
    "/admin/units/{code}": Page("/admin/units/zjj", ADMINS),
    "/admin/people": Page("/admin/people", ADMINS),
    "/admin/people/{username}": Page("/admin/people/zjj_head", ADMINS),
    "/admin/calendar": Page("/admin/calendar", OVERSEERS),
    "/admin/calendar/deadlines": Page("/admin/calendar/deadlines", KEEPERS),
    "/admin/policy": Page("/admin/policy", OVERSEERS),
    "/admin/policy/source": Page("/admin/policy/source", OVERSEERS),
    "/admin/policy/simulate": Page("/admin/policy/simulate", OVERSEERS),
    "/admin/policy/activate": Page("/admin/policy/activate", KEEPERS),
    "/admin/workflow": Page("/admin/workflow", OVERSEERS),
    "/admin/templates": Page("/admin/templates", OVERSEERS),
    f"/admin/templates/{TEMPLATE}": Page("/admin/templates/urge/body/zh_CN", OVERSEERS),
    "/admin/tokens": Page("/admin/tokens", SECADMIN),
    "/admin/sources": Page("/admin/sources", SYSADMIN),
    "/admin/sources/{code}": Page("/admin/sources/12345", SYSADMIN),
    "/admin/jobs": Page("/admin/jobs", frozenset(LEADERS) | SYSADMIN),
    "/admin/audit": Page("/admin/audit", frozenset({"auditor"})),
}
"""GET addresses but those of acts, which the definition's rules are tried on."""

ACTS = {"/issues/{number}/do/{name}", "/tasks/{number}/do/{name}", "/tasks/{number}/evidence"}
DOCUMENTS = {
    "/documents/pack.zip",
    "/documents/pack.pdf",
    "/documents/{number:int}",
    "/documents/{number:int}.{form}",
    "/documents/{number:int}/{step}",
    "/issues/{number}/documents/new",
}
"""Who opens these hangs on the document's state, issuer and addressees, and who prepares one on its
kind: `tests/integration/test_documents.py` and `test_web_documents.py` try them."""

DEMANDS = {
    "/enterprise/{secret}",
    "/demands/{number}",
    "/demands/{number}/files/{file_id}",
    "/demands/{number}/do/{act}",
}
"""Who opens these hangs on the demand's board and issue, or on knowing its secret address:
`tests/integration/test_web_demands.py` tries them."""
DOCUMENTS |= DEMANDS

LIBRARY = {
    "/projects/{project_id:int}",
    "/projects/{project_id:int}/edit",
    "/projects/{project_id:int}/do/{name}",
    "/projects/{project_id:int}/merge",
    "/task-forces/{force_id:int}",
    "/task-forces/{force_id:int}/{name}",
}
"""Who opens these hangs on the project: `tests/integration/test_web_projects.py` tries them."""
DOCUMENTS |= LIBRARY

PLANS = {
    "/projects/{project_id:int}/plan",
    "/projects/{project_id:int}/plan/{name}",
    "/projects/{project_id:int}/land",
}
"""Who opens these hangs on the project: `tests/integration/test_web_plans.py` tries them."""
DOCUMENTS |= PLANS

INSPECTIONS = {
    "/inspections/{number:int}",
    "/inspections/{number:int}/findings",
    "/inspections/{number:int}/report.{form}",
    "/inspections/{number:int}/{step}",
    "/inspections/findings/{number:int}/photo",
    "/inspections/findings/{number:int}/{step}",
    "/inspections/instructions/{number:int}",
    "/inspections/instructions/{number:int}/{step}",
    "/evaluations/{number:int}",
    "/evaluations/{number:int}/{step}",
    "/projects/{number:int}/commitments",
    "/commitments/{number:int}/{step}",
}
"""Who opens these hangs on sites, team and unit: `tests/integration/test_inspections.py`,
`test_instructions.py`, `test_evaluations.py` and `test_web_inspections.py` try them."""
DOCUMENTS |= INSPECTIONS

TARGETS = {
    "/targets/{plan_id:int}",
    "/targets/{plan_id:int}/figure",
    "/targets/{plan_id:int}/gate",
    "/targets/{plan_id:int}/edit",
    "/targets/{plan_id:int}/edit/{part}",
    "/targets/{plan_id:int}/actuals",
}
"""These want a plan: `tests/integration/test_web_targets.py` tries them."""
DOCUMENTS |= TARGETS

MEETINGS = {
    "/meetings/{number:int}",
    "/meetings/{number:int}/candidates",
    "/meetings/{number:int}/session",
    "/meetings/{number:int}/change",
    "/meetings/{number:int}/minutes",
    "/meetings/{number:int}/pack.{form}",
    *(
        f"/meetings/{{number:int}}/{act}"
        for act in ("pick", "drop", "fix", "reopen", "call-off", "open", "close", "decide", "raise")
    ),
    "/meetings/{number:int}/items/{item:int}/propose",
    "/meetings/{number:int}/items/{item:int}/{step}",
    "/meetings/{number:int}/decisions/{decision:int}/{step}",
    "/issues/{number}/coordination",
    "/issues/{number}/coordination/{key:int}/decline",
}
"""Who opens these hangs on the meeting's units and items, or on the issue:
`tests/integration/test_web_meetings.py` tries them."""
DOCUMENTS |= MEETINGS

BULLETINS = {
    "/bulletins/{number:int}",
    "/bulletins/{number:int}/again.{form}",
    "/bulletins/{number:int}/{act}",
    "/bulletins/figures/rows",
}
"""Who opens a bulletin hangs on its state and addressees, who sees rows on whose figure it is:
`tests/integration/test_bulletins.py` and `test_web_bulletins.py` try them."""
DOCUMENTS |= BULLETINS

POSTS: dict[str, Page] = {
    "/bulletins": Page("/bulletins", OFFICE | {"deputy_director"}),
    "/meetings/new": Page("/meetings/new", OFFICE),
    "/documents/new": Page("/documents/new", TRIAGE | {"office_chief", "deputy_director"}),
    "/targets/new": Page("/targets/new", OFFICE),
    "/targets/import": Page("/targets/import", OFFICE),
    "/targets/import/apply": Page("/targets/import/apply", OFFICE),
    "/figures": Page("/figures", BUSINESS),
    "/figures/import": Page("/figures/import", BUSINESS),
    "/figures/import/apply": Page("/figures/import/apply", BUSINESS),
    "/figures/months/freeze": Page("/figures/months/freeze", frozenset({"office_chief"})),
    "/account/away": Page("/account/away"),
    "/account/language": Page("/account/language"),
    "/account/channels": Page("/account/channels"),
    "/account/sessions": Page("/account/sessions"),
    "/account/tokens": Page("/account/tokens"),
    "/account/tokens/revoke": Page("/account/tokens/revoke"),
    "/account/feed": Page("/account/feed", BUSINESS),
    "/account/feed/revoke": Page("/account/feed/revoke"),
    "/account/password": Page("/account/password"),
    "/notices/read": Page("/notices/read"),
    "/notices/retry": Page("/notices/retry", OFFICE),
    "/notices/held": Page("/notices/held", frozenset({"office_chief", "deputy_director"})),
    "/notices/bounces": Page("/notices/bounces", OFFICE),
    "/projects/new": Page("/projects/new", OFFICE),
    "/projects/import": Page("/projects/import", OFFICE),
    "/projects/import/apply": Page("/projects/import/apply", OFFICE),
    "/projects/chains": Page("/projects/chains", OFFICE),
    "/task-forces": Page("/task-forces", OFFICE),
    "/supervision/{prepared_id}/issue": Page("/supervision/1/issue", frozenset()),
    "/inspections/new": Page("/inspections/new", INSPECTORS),
    "/inspections/instructions/new": Page("/inspections/instructions/new", GIVERS),
    "/report": Page("/report", REPORTERS),
    "/issues/views": Page("/issues/views", BUSINESS),
    "/issues/views/{view_id}/delete": Page("/issues/views/1/delete"),
    "/issues/import": Page("/issues/import", TRIAGE),
    "/issues/import/apply": Page("/issues/import/apply", TRIAGE),
    "/admin/units": Page("/admin/units", SYSADMIN),
    "/admin/units/{code}": Page("/admin/units/zjj", SYSADMIN),
    "/admin/units/{code}/active": Page("/admin/units/zjj/active", SYSADMIN),
    "/admin/units/{code}/duty": Page("/admin/units/zjj/duty", SYSADMIN),
    "/admin/people": Page("/admin/people", SYSADMIN),
    "/admin/people/{username}": Page("/admin/people/zjj_head", SYSADMIN),
    "/admin/people/{username}/move": Page("/admin/people/zjj_head/move", SECADMIN),
    "/admin/people/{username}/grant": Page("/admin/people/zjj_head/grant", SECADMIN),
    "/admin/people/{username}/revoke": Page("/admin/people/zjj_head/revoke", SECADMIN),
    "/admin/people/{username}/active": Page("/admin/people/zjj_head/active", SYSADMIN),
    "/admin/people/{username}/unlock": Page("/admin/people/zjj_head/unlock", SECADMIN),
    "/admin/people/{username}/sessions": Page("/admin/people/zjj_head/sessions", SECADMIN),
    "/admin/people/{username}/account": Page("/admin/people/zjj_head/account", SYSADMIN),
    "/admin/calendar/preview": Page("/admin/calendar/preview", KEEPERS),
    "/admin/calendar/apply": Page("/admin/calendar/apply", KEEPERS),
    "/admin/calendar/deadlines": Page("/admin/calendar/deadlines", KEEPERS),
    "/admin/policy/activate": Page("/admin/policy/activate", KEEPERS),
    "/admin/policy/activate/now": Page("/admin/policy/activate/now", KEEPERS),
    **{
        f"/admin/templates/{TEMPLATE}{what}": Page(f"/admin/templates/urge/body/en{what}", KEEPERS)
        for what in ("", "/preview", "/mail", "/revert")
    },
    "/admin/tokens": Page("/admin/tokens", SECADMIN),
    "/admin/sources": Page("/admin/sources", SYSADMIN),
    "/admin/sources/{code}": Page("/admin/sources/12345", SYSADMIN),
    "/admin/audit": Page("/admin/audit", frozenset({"auditor"})),
    "/signout": Page("/signout"),
}
"""POST addresses but those of acts."""

ENTRANCES = {"/signin", "/language", "/enterprise"}
"""POST addresses for who is not signed in; another site's forms are refused by their origin."""


def routes(found: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every (method, address) of an application, those of included routers, too."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes, prefix + route.include_context.prefix)
        else:
            for method in getattr(route, "methods", None) or ():
                yield method, prefix + route.path


def of_portal(app: Any, method: str) -> set[str]:
    """Addresses of one method outside of the API's business."""
    documents = {"/api/v1/openapi.json", "/api/v1/docs"}
    return {
        path
        for known, path in routes(app.routes)
        if known == method and (not path.startswith("/api/") or path in documents)
    }
