"""Commands on documents, each a step of its life. None commits.

prepared -> signed (number and date) -> issued (addressees are told) -> received by each unit;
or void, with the number kept.
"""

from __future__ import annotations

from workflow.documents.asking import Draft
from workflow.documents.outcome import Issued
from workflow.documents.preparing import prepare
from workflow.documents.steps import issue, receive, sign, void

__all__ = ["Draft", "Issued", "issue", "prepare", "receive", "sign", "void"]
