"""Every table of the system in one import, for migrations and for Core statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from models.account import (
    Account,
    ApiToken,
    CalendarFeed,
    LoginSession,
    LoginThrottle,
    PasswordHistory,
)
from models.calendar_day import CalendarDay, CalendarYear
from models.channels import (
    Bounce,
    ChannelChoice,
    ChannelState,
    ChannelUse,
    DutyContact,
    StormHold,
)
from models.deadline import DeadlineVersion
from models.definition import EngineHead, PolicyVersion, WorkflowVersion
from models.document import Document, DocumentAddressee, DocumentSubject, DocumentTemplate
from models.event import ChainHead, Event
from models.evidence import Evidence
from models.firing import PreparedAction, RungFiring
from models.heartbeat import Deferral, Heartbeat, NumberSeries
from models.imported import ImportedRow
from models.issue import Issue
from models.lookback import Lookback
from models.notice import Delivery, Notice
from models.notice_template import NoticeTemplate
from models.organisation import Person, RoleGrant, Unit
from models.portal import IdempotencyKey, SavedView
from models.project import (
    Chain,
    Project,
    ProjectDuty,
    ProjectListing,
    ProjectStage,
    ProjectTag,
    TaskForce,
    TaskForceProject,
    TaskForceUnit,
)
from models.request import Request
from models.snapshot import Snapshot
from models.source import Callback, SourceSystem
from models.target import Target
from models.task import CoUnit, Task

metadata = SQLModel.metadata


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


unit = _table(Unit)
person = _table(Person)
role_grant = _table(RoleGrant)
project = _table(Project)
target = _table(Target)
issue = _table(Issue)
task = _table(Task)
co_unit = _table(CoUnit)
deadline_version = _table(DeadlineVersion)
request = _table(Request)
evidence = _table(Evidence)
event = _table(Event)
chain_head = _table(ChainHead)
rung_firing = _table(RungFiring)
prepared_action = _table(PreparedAction)
notice = _table(Notice)
delivery = _table(Delivery)
notice_template = _table(NoticeTemplate)
lookback = _table(Lookback)
policy_version = _table(PolicyVersion)
workflow_version = _table(WorkflowVersion)
engine_head = _table(EngineHead)
calendar_day = _table(CalendarDay)
calendar_year = _table(CalendarYear)
imported_row = _table(ImportedRow)
heartbeat = _table(Heartbeat)
deferral = _table(Deferral)
number_series = _table(NumberSeries)
account = _table(Account)
password_history = _table(PasswordHistory)
login_session = _table(LoginSession)
login_throttle = _table(LoginThrottle)
api_token = _table(ApiToken)
calendar_feed = _table(CalendarFeed)
saved_view = _table(SavedView)
idempotency_key = _table(IdempotencyKey)
source_system = _table(SourceSystem)
callback = _table(Callback)
document = _table(Document)
document_subject = _table(DocumentSubject)
document_addressee = _table(DocumentAddressee)
document_template = _table(DocumentTemplate)
channel_choice = _table(ChannelChoice)
duty_contact = _table(DutyContact)
channel_state = _table(ChannelState)
channel_use = _table(ChannelUse)
bounce = _table(Bounce)
storm_hold = _table(StormHold)
project_listing = _table(ProjectListing)
project_stage = _table(ProjectStage)
project_duty = _table(ProjectDuty)
project_tag = _table(ProjectTag)
chain = _table(Chain)
task_force = _table(TaskForce)
task_force_unit = _table(TaskForceUnit)
task_force_project = _table(TaskForceProject)
snapshot = _table(Snapshot)
