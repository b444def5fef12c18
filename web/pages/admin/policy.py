"""The policy in force as readable tables, with the verdict of the check."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from config.i18n import gettext as _
from web.call import reading
from web.late import LateRoute
from web.pages.admin.access import may_change, require
from web.pages.admin.forms import number
from web.templating import page
from workflow import definitions, policy_words
from workflow.context import context
from workflow.definitions import faults_of
from workflow.errors import NotVisible, Reason

router = APIRouter(route_class=LateRoute)
PATH = "/admin/policy"


@router.get(PATH)
def show(request: Request) -> HTMLResponse:
    """Rules, limits, ladder and categories with their sources; a stored version with `version`."""
    with reading(request) as call:
        require(call, "policy")
        version = number(request.query_params.get("version", ""))
        source = definitions.source_of(call.s, "policy", version)
        if source is None:
            raise _unknown(version)
        policy = context(call.s).policy(version)
        return page(
            call,
            "admin/policy.html",
            policy=policy,
            version=version,
            versions=definitions.versions(call.s, "policy"),
            faults=faults_of(call.s, "policy", source, "policy.toml"),
            groups=policy_words.groups(policy, source, call.directory),
            limits=policy_words.limits(policy, source),
            ladder=policy_words.ladder(policy, source),
            categories=policy_words.categories(policy, source, call.directory),
            keeper=may_change(call, "policy"),
            done=request.query_params.get("done", ""),
        )


@router.get(PATH + "/source")
def source_text(request: Request) -> Response:
    """The text as it was stored."""
    with reading(request) as call:
        require(call, "policy")
        version = number(request.query_params.get("version", ""))
        source = definitions.source_of(call.s, "policy", version)
    if source is None:
        raise _unknown(version)
    name = f"policy-{version}.toml" if version else "policy.toml"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(source, headers=headers)


def _unknown(version: int | None) -> NotVisible:
    message = _("There is no version {n}.").format(n=version)
    return NotVisible(Reason("version_unknown", message, "version"))
