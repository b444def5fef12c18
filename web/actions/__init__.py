"""Every command of the loop as portal and API offer it.

`CATALOGUE` by address, `BY_RULE` by (subject, rule of the definition); a test holds that each
rule a person may fire has its action.
"""

from __future__ import annotations

from web.actions import closing, discovery, handling, requests
from web.actions.base import Action

ACTIONS: tuple[Action, ...] = (
    *discovery.ACTIONS,
    *handling.ACTIONS,
    *requests.ACTIONS,
    *closing.ACTIONS,
)
CATALOGUE: dict[tuple[str, str], Action] = {(a.subject, a.name): a for a in ACTIONS}
BY_RULE: dict[tuple[str, str], Action] = {(a.subject, a.rule): a for a in ACTIONS}
