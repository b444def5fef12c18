"""Files that come with a form, put into the evidence store before the command runs."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData

from web.forms import text
from workflow.commands.proof import Proof

ROWS = 3
"""How many rows of evidence a form has; each takes several files."""


def proofs_of(request: Request, sent: FormData) -> tuple[Proof, ...]:
    """The evidence of a form: references by name, files by their stored content."""
    found: list[Proof] = []
    for row in range(ROWS):
        kind, name = text(sent, f"evidence_kind_{row}"), text(sent, f"evidence_name_{row}").strip()
        if name:
            found.append(Proof(kind, name))
    return tuple(found)
