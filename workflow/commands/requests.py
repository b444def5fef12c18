"""Requests of the responsible units and the rulings on them, in one place to import from."""

from __future__ import annotations

from workflow.commands.adjustments import request_adjustment, rule_adjustment
from workflow.commands.asking import close_requests, open_request, requests_of, withdraw_request
from workflow.commands.extensions import redate, request_extension, rule_extension
from workflow.commands.park_requests import request_park, rule_park
from workflow.commands.returns import reassign, request_return, rule_return

__all__ = [
    "close_requests",
    "open_request",
    "reassign",
    "redate",
    "request_adjustment",
    "request_extension",
    "request_park",
    "request_return",
    "requests_of",
    "rule_adjustment",
    "rule_extension",
    "rule_park",
    "rule_return",
    "withdraw_request",
]
