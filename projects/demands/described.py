"""A demand as the issue that it becomes describes it.

Whom to call and under which number is left out: an issue and its history are seen by many and
never change. The desk's page shows it to those who need it (`projects.demands.contact`).
"""

from __future__ import annotations

from typing import Any

from projects.search.catching_up import CONTACT_HEAD

CONTACT_STAYS = "联系方式见该诉求"
"""Stored with the issue, hence in the office's language."""


def described(row: Any) -> str:
    """The text, and below it whose it is, in the words of `workflow.intake`."""
    lines = [("企业", row.enterprise), ("诉求", f"{row.number}（{CONTACT_STAYS}）")]
    if row.project_text:
        lines.append(("项目", row.project_text))
    return "\n".join([row.body, "", CONTACT_HEAD, *(f"{name}：{value}" for name, value in lines)])
