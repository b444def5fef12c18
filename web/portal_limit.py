"""How much one session may ask of the portal: forms that are sent, and files that take work.

Reading pages is free. A bucket belongs to a session, not to an address, since a whole office may
sit behind one; who has not signed in is held by the sign-in's own limit. The pages on which nobody
signs in count by the address (IPv6: by its network), reading too, since an address there is a
secret that could be guessed at.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from starlette.requests import Request

from config.i18n import gettext as _
from web import errors
from web.call import secret_of
from web.limits import SAFE, Allowance, Buckets
from web.middleware import App, Receive, Scope, Send
from workflow.accounts.secret import digest
from workflow.errors import Reason

EXPENSIVE = re.compile(
    r"/issues/export\.\w+|/documents/(pack\.\w+|\d+\.\w+)"
    r"|/meetings/\d+/pack\.\w+|/inspections/\d+/report\.\w+"
)
"""Addresses whose answer is made anew, row by row or page by page."""
EXPENSIVE_COST = 20
STRANGERS = "/enterprise"
STRANGER_COST = 40
"""What a form of a stranger takes: six a minute, as the setting stands."""


class PortalLimit:
    """429 with `Retry-After`, before a body is read, for a session that has used up its minute."""

    def __init__(self, app: App, *, buckets: Buckets) -> None:
        self.app, self.buckets = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, or answer at once."""
        cost = cost_of(scope)
        key = _key(scope) if cost else ""
        left = self.buckets.take(key, cost) if key else None
        if left is None or left.allowed:
            await self.app(scope, receive, send)
            return
        await errors.answer(Request(scope), 429, "rate_limited", (_reason(left),), left.headers())(
            scope, receive, send
        )


def cost_of(scope: Scope) -> int:
    """What a request takes out of the bucket; the API has a limit of its own."""
    if scope["type"] != "http" or scope["path"].startswith(errors.API):
        return 0
    if EXPENSIVE.fullmatch(scope["path"]):
        return EXPENSIVE_COST
    if of_strangers(scope):
        return 1 if scope["method"] in SAFE else STRANGER_COST
    return 0 if scope["method"] in SAFE else 1


def of_strangers(scope: Scope) -> bool:
    """Whether nobody signs in on that page."""
    return bool(scope["path"] == STRANGERS or scope["path"].startswith(STRANGERS + "/"))


def _key(scope: Scope) -> str:
    return f"address:{_address(scope)}" if of_strangers(scope) else _session(scope)


def _address(scope: Scope) -> str:
    """Where a request comes from; whoever has an IPv6 network has all of its addresses."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 6 and address.ipv4_mapped is None:
        return str(ip_network(f"{host.partition('%')[0]}/64", strict=False))
    return str(address)


def _session(scope: Scope) -> str:
    """What names the session, without its secret; empty for a stranger.

    Read as signing in reads it: a header that one of the two cannot parse would escape the limit.
    """
    secret = secret_of(Request(scope))
    return digest(secret) if secret else ""


def _reason(left: Allowance) -> Reason:
    return Reason(
        "rate_limited",
        _("Too much was asked for within a minute."),
        remedy=_("Try again in {n} seconds.").format(n=left.retry_after),
    )
