"""viewflow: a process with tasks that people take and complete."""

# mypy: ignore-errors
from __future__ import annotations

from django_office import serve

serve("viewflow_office.life", "viewflow", "viewflow.workflow", "viewflow_office")
