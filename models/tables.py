"""Every table of the system in one import, for migrations and for Core statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from models import deferred  # noqa: F401
from models.account import (
    Account,
    ApiToken,
    CalendarFeed,
    LoginSession,
    LoginThrottle,
    PasswordHistory,
)
from models.archive import Archive, ArchivedEvent, ArchivedIssue
from models.bulletin import Bulletin
from models.calendar_day import CalendarDay, CalendarYear
from models.channels import (
    Bounce,
    ChannelChoice,
    ChannelState,
    ChannelUse,
    DutyContact,
    StormHold,
)
from models.commit_mark import CommitMark
from models.deadline import DeadlineVersion
from models.definition import EngineHead, PolicyVersion, WorkflowVersion
from models.demand import Demand, DemandFile, SearchDoc, SearchMark, SearchTerm
from models.document import Document, DocumentAddressee, DocumentSubject, DocumentTemplate
from models.evaluation import Commitment, Evaluation, EvaluationFigure
from models.event import ChainHead, Event
from models.evidence import Evidence
from models.firing import PreparedAction, RungFiring
from models.heartbeat import Deferral, Heartbeat, NumberSeries
from models.imported import ImportedRow
from models.inspection import (
    Finding,
    Inspection,
    InspectionMember,
    InspectionSite,
    Instruction,
)
from models.issue import Issue
from models.kpi import KpiValue
from models.lookback import Lookback
from models.meeting import (
    CoordinationRequest,
    Meeting,
    MeetingDecision,
    MeetingItem,
    MeetingPosition,
    MeetingUnit,
)
from models.milestone import (
    BoardLight,
    LandDemand,
    LandItem,
    LandList,
    LightChange,
    Milestone,
    MilestoneEdge,
    MilestoneIssue,
    MilestoneProposal,
    Permit,
    Schedule,
    ScheduleEdition,
)
from models.notice import Delivery, Notice
from models.notice_template import NoticeTemplate
from models.organisation import Person, RoleGrant, Unit
from models.plan import Plan, PlanActual, PlanGate, PlanMetric, PlanMonth
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
from models.project_month import ProjectMonth
from models.request import Request
from models.snapshot import Snapshot
from models.source import Callback, SourceSystem
from models.target import Target
from models.task import CoUnit, Task

metadata = SQLModel.metadata
SEARCH = ("search_fts", "ix_search_fts")
"""The full-text index, which models cannot say (see `models.demand.SearchDoc`)."""


def of_models(name: str | None, _kind: str, _parents: Any) -> bool:
    """Whether a name found in a database is one that the models speak of, for comparisons."""
    return not (name or "").startswith(SEARCH)


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
schedule = _table(Schedule)
schedule_edition = _table(ScheduleEdition)
milestone = _table(Milestone)
milestone_edge = _table(MilestoneEdge)
milestone_issue = _table(MilestoneIssue)
milestone_proposal = _table(MilestoneProposal)
permit = _table(Permit)
land_list = _table(LandList)
land_item = _table(LandItem)
land_demand = _table(LandDemand)
light_change = _table(LightChange)
board_light = _table(BoardLight)
project_month = _table(ProjectMonth)
plan = _table(Plan)
plan_metric = _table(PlanMetric)
plan_month = _table(PlanMonth)
plan_gate = _table(PlanGate)
plan_actual = _table(PlanActual)
demand = _table(Demand)
demand_file = _table(DemandFile)
search_doc = _table(SearchDoc)
search_term = _table(SearchTerm)
search_mark = _table(SearchMark)
inspection = _table(Inspection)
inspection_member = _table(InspectionMember)
inspection_site = _table(InspectionSite)
finding = _table(Finding)
instruction = _table(Instruction)
evaluation = _table(Evaluation)
evaluation_figure = _table(EvaluationFigure)
commitment = _table(Commitment)
meeting = _table(Meeting)
meeting_unit = _table(MeetingUnit)
meeting_item = _table(MeetingItem)
meeting_position = _table(MeetingPosition)
meeting_decision = _table(MeetingDecision)
coordination_request = _table(CoordinationRequest)
kpi_value = _table(KpiValue)
bulletin = _table(Bulletin)
commit_mark = _table(CommitMark)
archive = _table(Archive)
archived_issue = _table(ArchivedIssue)
archived_event = _table(ArchivedEvent)
