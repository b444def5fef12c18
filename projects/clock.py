"""The jobs that the clock does on the project side, once each local day (`workflow.daily`)."""

from __future__ import annotations

from workflow.daily import Job

JOBS: tuple[Job, ...] = ()
"""In the order in which they run; each is idempotent."""
