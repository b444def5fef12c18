"""Why a request ends before its page: not signed in, or a password that must be changed first."""

from __future__ import annotations

from workflow.errors import NotAllowed, Reason, WorkflowError


class SignInNeeded(Exception):
    """No valid session: pages go to the sign-in form."""


class PasswordChangeNeeded(Exception):
    """The password is initial or too old: nothing else is shown before it is changed."""


class BadToken(WorkflowError):
    """The form's secret does not fit the session: another site may have sent it."""

    code = "csrf"
    status = 403


class TooLarge(WorkflowError):
    """The body is larger than is taken."""

    code = "too_large"
    status = 413


def forbidden(message: str, remedy: str = "") -> NotAllowed:
    """A page that takes another role."""
    return NotAllowed(Reason("not_allowed", message, remedy=remedy))
