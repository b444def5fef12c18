"""Inspections, instructions, evaluations and commitments."""

from __future__ import annotations

from web.api.shapes.base import Moment, PageOf, Shape


class InspectionLine(Shape):
    """An inspection in a list; its counts are null for who does not oversee the zone."""

    id: int
    version: int
    number: str
    kind: str
    title: str
    state: str
    starts_on: str
    ends_on: str
    leader: str
    sites: int | None
    visited: int | None
    findings: int | None
    issues: int | None


class InspectionPage(PageOf):
    """Inspections, newest first."""

    items: list[InspectionLine]


class SitePart(Shape):
    """A site in visiting order."""

    project_id: int
    project: str
    basis: str
    visited_on: str | None
    note: str


class FindingPart(Shape):
    """A finding and what became of it."""

    id: int
    version: int
    project_id: int
    title: str
    detail: str
    category: str
    urgent: bool
    state: str
    note: str
    found_at: Moment
    issue: str | None
    light: str | None
    same_day: bool | None
    has_photo: bool


class InspectionFile(Shape):
    """An inspection with its sites, findings and the record of its draw."""

    id: int
    version: int
    number: str
    kind: str
    title: str
    state: str
    starts_on: str
    ends_on: str
    leader: str
    members: list[str]
    purpose: str
    rule: str
    draw: dict[str, object]
    conclusion: str
    sites: list[SitePart]
    findings: list[FindingPart]


class InspectionDone(Shape):
    """What an act on an inspection, instruction, evaluation or commitment leaves behind."""

    id: int
    version: int
    number: str | None
    state: str | None
    issue: str | None


class FindingKept(Shape):
    """A finding; `new` is false where the same token was sent before."""

    id: int
    state: str
    version: int
    new: bool


class RefusedPart(Shape):
    """Why a finding is no issue."""

    code: str
    message: str
    remedy: str


class RaisedPart(Shape):
    """What became of a finding: its issue, or the reasons."""

    finding: int
    issue: str | None
    refused: list[RefusedPart]


class RaisedAll(Shape):
    """Findings that were made issues of, or refused."""

    items: list[RaisedPart]


class SampleRow(Shape):
    """A closure, the number drawn for it, and whether drawing again agrees."""

    issue: str
    closed_on: str
    seed: str
    number: float
    share: float
    basis: str
    agrees: bool


class SampleOf(Shape):
    """The look-back sample of a month, drawn again."""

    month: str
    more: bool
    items: list[SampleRow]


class InstructionLine(Shape):
    """An instruction with its answer."""

    id: int
    version: int
    number: str
    text: str
    state: str
    round: int
    leader: str
    unit: str
    given_at: Moment
    limit_at: Moment
    late: bool
    project_id: int | None
    inspection_id: int | None
    issue: str | None
    raised_issue: str | None
    answer: str
    answered_at: Moment | None
    ruling: str


class InstructionPage(PageOf):
    """Instructions, newest first."""

    items: list[InstructionLine]


class EvaluationLine(Shape):
    """An evaluation in a list."""

    id: int
    version: int
    project_id: int
    project: str
    unit: str
    state: str
    production_on: str
    due_on: str
    limit_at: Moment
    late: bool
    grade: str


class EvaluationPage(PageOf):
    """Evaluations, newest first."""

    items: list[EvaluationLine]


class FigureAsked(Shape):
    """A figure asked for; `value` is an exact decimal as a text, null for not stated."""

    indicator: str
    name: str
    unit: str
    value: str | None
    note: str


class CommitmentPart(Shape):
    """A commitment and how it is kept."""

    id: int
    version: int
    indicator: str
    name: str
    op: str
    value: str
    unit: str
    by_on: str | None
    agreement: str
    active: bool
    result: str
    reason: str
    figure: str | None
    issue: str | None


class Commitments(Shape):
    """A project's commitments."""

    items: list[CommitmentPart]


class EvaluationFile(EvaluationLine):
    """An evaluation with its figures and commitments."""

    figures: list[FigureAsked]
    commitments: list[CommitmentPart]
    suggested: str | None
    layout: str
    driving: str
    innovation: str
    opinion: str
    consequence: str
