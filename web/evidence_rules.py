"""What a category asks for as proof, in words: said beside the task and above its form."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from config.i18n import gettext as _
from config.policy_parts import EvidenceRule
from models import tables
from web.call import Call
from web.case_rows import rows_of
from workflow.timeline_words import value_word

Data = dict[str, Any]


def rule_lines(call: Call, case: Data, number: str) -> list[str]:
    """The rule of one task's category, line by line."""
    return rules_of(call, case).get(number, [])


def rules_of(call: Call, case: Data) -> dict[str, list[str]]:
    """The rules of every task, each under the policy that it was handed over with."""
    return {row.number: _lines(call, row) for row in rows_of(call, case)[1]}


def rule_of(call: Call, number: str) -> EvidenceRule | None:
    """What one task's category asks for, or None where its policy does not know the category."""
    task = tables.task.c
    chosen = select(task.category, task.policy_version_id).where(task.number == number)
    row = call.s.execute(chosen).one_or_none()
    return _rule(call, row) if row is not None else None


def _rule(call: Call, row: Any) -> EvidenceRule | None:
    category = call.ctx.policy(row.policy_version_id).categories.get(row.category)
    return category.evidence if category is not None else None


def _lines(call: Call, row: Any) -> list[str]:
    rule, found = _rule(call, row), []
    if rule is None:
        return []
    if rule.min:
        kinds = "、".join(value_word("evidence", kind) for kind in rule.kinds)
        text = _("The category asks for at least {n} of: {kinds}.")
        found.append(text.format(n=rule.min, kinds=kinds))
    if rule.site_check:
        found.append(_("The verifier records a check on site."))
    return found
