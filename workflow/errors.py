"""One tree of errors. Each class has one meaning at every edge (status, exit code, page)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is refused: a stable code, the text, the field it belongs to, the remedy."""

    code: str
    message: str
    field: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class WorkflowError(Exception):
    """Something was refused; the database is as it was."""

    code = "refused"
    status = 409

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = reasons
        super().__init__("; ".join(str(reason) for reason in reasons))


class NotAllowed(WorkflowError):
    """The actor may see it but may not do this."""

    code = "not_allowed"
    status = 403


class NotVisible(WorkflowError):
    """It does not exist, or the actor may not know that it does."""

    code = "not_visible"
    status = 404


class IllegalTransition(WorkflowError):
    """The state does not allow it."""

    code = "illegal_transition"


class GuardFailed(WorkflowError):
    """The rules do not allow it now; every reason is given."""

    code = "guard_failed"


class StaleVersion(WorkflowError):
    """Somebody else changed it meanwhile; the message says who and what."""

    code = "stale_version"


class Malformed(WorkflowError):
    """The input itself is wrong: names the field and the remedy."""

    code = "malformed"
    status = 422
