"""Refusals that only the API knows, and how they are answered."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from config.i18n import gettext as _
from web import errors
from web.faults import SignInNeeded
from web.limits import Allowance
from workflow.errors import Reason, StaleVersion, WorkflowError


class BadCredentials(SignInNeeded):
    """No credentials, or none that count. `error` as RFC 6750 names it; empty for none given."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


class ScopeMissing(WorkflowError):
    """The token counts, but not for this."""

    code = "insufficient_scope"
    status = 403

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(
            Reason(
                "insufficient_scope",
                _("This takes a token with the scope {scope}.").format(scope=scope),
                "Authorization",
                _("Make a token with that scope."),
            )
        )


class TooMany(WorkflowError):
    """The allowance is used up."""

    code = "rate_limited"
    status = 429

    def __init__(self, left: Allowance) -> None:
        self.left = left
        super().__init__(
            Reason(
                "rate_limited",
                _("{n} calls a minute are taken.").format(n=left.limit),
                remedy=_("Try again in {n} seconds.").format(n=left.retry_after),
            )
        )


class Precondition(WorkflowError):
    """`If-Match` names another version; the reasons say who changed what meanwhile."""

    code = "stale_version"
    status = 412

    @classmethod
    def of(cls, error: StaleVersion) -> Precondition:
        """The same conflict, found by the version that the caller has named."""
        return cls(*error.reasons)


class KeyReused(WorkflowError):
    """An idempotency key that stands for another call."""

    code = "idempotency_key_reused"
    status = 422


def install(app: FastAPI) -> None:
    """Register what answers them."""
    app.add_exception_handler(BadCredentials, unauthorised)
    app.add_exception_handler(ScopeMissing, scope_missing)
    app.add_exception_handler(TooMany, too_many)


def unauthorised(_request: Request, error: Exception) -> Response:
    """401 with the challenge of RFC 6750."""
    assert isinstance(error, BadCredentials)
    challenge = f'Bearer error="{error.error}"' if error.error else "Bearer"
    reason = Reason(
        "invalid_token" if error.error else "sign_in_needed",
        _("The token does not count.") if error.error else _("There is no token."),
        "Authorization",
        _("Send Authorization: Bearer with a token that is neither revoked nor expired."),
    )
    return errors.problem_response(
        401, reason.code, (reason,), headers={"www-authenticate": challenge}
    )


def scope_missing(request: Request, error: Exception) -> Response:
    """403 that names the scope."""
    assert isinstance(error, ScopeMissing)
    challenge = f'Bearer error="insufficient_scope", scope="{error.scope}"'
    return errors.answer(
        request, error.status, error.code, error.reasons, {"www-authenticate": challenge}
    )


def too_many(request: Request, error: Exception) -> Response:
    """429 with the time to wait."""
    assert isinstance(error, TooMany)
    return errors.answer(request, error.status, error.code, error.reasons, error.left.headers())
