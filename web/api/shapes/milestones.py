"""Plans of projects, their lights, land-service lists."""

from __future__ import annotations

from typing import Any

from web.api.shapes.base import PageOf, Shape


class LightPart(Shape):
    """A light with its reason code and what led to it."""

    light: str
    reason: str
    facts: dict[str, Any]


class MilestonePart(Shape):
    """A milestone: `plan_on` in force, `baseline_on` the first, `forecast_on` the earliest it can
    be; `slack_wd` working days that it can slip, negative when a target is missed."""

    id: int
    key: str
    name: str
    stage: str
    version: int
    days: int
    after: list[str]
    unit: str | None
    category: str
    begin_on: str | None
    plan_on: str | None
    baseline_on: str | None
    forecast_on: str | None
    actual_on: str | None
    slack_wd: int | None
    critical: bool
    light: LightPart


class PermitPart(Shape):
    """A permit; `state`: valid, expiring, expired, used, withdrawn."""

    id: int
    kind: str
    number: str
    granted_on: str
    valid_until: str | None
    state: str
    version: int


class PromptPart(Shape):
    """拿地即开工 or 竣工即发证: null while not both dates are known."""

    key: str
    met: bool | None
    first_on: str | None
    then_on: str | None
    working_days: int | None
    limit: int


class ProjectPlan(Shape):
    """The plan of a project. `edition` 0: nothing was laid out."""

    project: int
    version: int | None
    edition: int
    start_on: str | None
    finish_on: str | None
    light: LightPart
    milestones: list[MilestonePart]
    critical_path: list[str]
    blockers: list[str]
    permits: list[PermitPart]
    promptness: list[PromptPart]


class ProjectLight(Shape):
    """A project's light."""

    project: int
    name: str
    board: str | None
    stage: str
    light: LightPart
    as_of: str | None


class ProjectLightPage(PageOf):
    """Lights, page by page."""

    items: list[ProjectLight]


class BoardLamp(Shape):
    """The light of a town or street by its month tasks."""

    board: str
    light: LightPart
    as_of: str | None


class BoardLights(Shape):
    """Every board that has a light."""

    items: list[BoardLamp]


class MilestoneLine(Shape):
    """A milestone that is not done yet; `due`: late, soon or later; `light` is that of today."""

    id: int
    key: str
    name: str
    version: int
    project: int
    project_name: str
    stage: str
    plan_on: str
    due: str
    critical: bool
    unit: str | None
    board: str | None
    light: LightPart


class MilestonePage(PageOf):
    """Milestones of every project, the oldest planned date first."""

    items: list[MilestoneLine]


class ProposalPart(Shape):
    """An issue that the clock proposes of a slipping milestone."""

    id: int
    version: int
    project: int
    milestone: int
    name: str
    cause: str
    state: str
    reason: str
    issue: str | None


class ProposalPage(PageOf):
    """Proposals, the newest first."""

    items: list[ProposalPart]


class LandItemPart(Shape):
    """An item of a land-service list."""

    position: int
    name: str
    unit: str | None


class LandDemandPart(Shape):
    """What was asked for later. `item` null and `issue` null: beyond the list, not reported."""

    id: int
    version: int
    text: str
    raised_on: str
    unit: str | None
    item: int | None
    issue: str | None


class LandFile(Shape):
    """The land-service list of a project; `issued_on` null: none was handed out."""

    project: int
    issued_on: str | None
    contract: str
    items: list[LandItemPart]
    demands: list[LandDemandPart]


class PlanDone(Shape):
    """What an act leaves behind: the row's id and version, an issue's number, warnings."""

    id: int
    project: int
    version: int
    issue: str | None
    warnings: list[str]
