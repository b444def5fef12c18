"""The jobs that the clock does on the project side, once each local day (`workflow.daily`)."""

from __future__ import annotations

from models import partitions
from projects.bulletins import commands as bulletins
from projects.coordination import levels as coordination
from projects.demands import chasing as demands
from projects.demands import settling
from projects.evaluations import making as evaluations
from projects.figures import freezing
from projects.inspections import quarterly
from projects.instructions import chasing as instructions
from projects.lights import news as light_news
from projects.search import catching_up as search
from workflow.daily import Job

JOBS: tuple[Job, ...] = (
    Job("figures", freezing.run),
    Job("coordination", coordination.run),
    Job("bulletins", bulletins.tell_issued),
    Job("lights", light_news.run),
    Job("lights_round", light_news.round_, always=True),
    Job("inspections", quarterly.run),
    Job("instructions", instructions.run),
    Job("evaluations", evaluations.run),
    Job("demands_settled", settling.run),
    Job("demands_late", demands.run),
    Job("search", search.run),
    Job("partitions", partitions.run),
)
"""In the order in which they run; each is idempotent."""
