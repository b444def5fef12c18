"""The policy: categories, limits, ladder and every other business rule, read from TOML.

The shapes here and in `config.policy_parts` say what a policy may contain; `config/policy.toml`
holds the values and their sources; `workflow/checks.py` finds what is well-formed but makes no
sense.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError

from config.faults import ConfigurationError, from_validation
from config.policy_parts import (
    AdjustRules,
    Category,
    ClosureRules,
    CoordinationRules,
    DeadlineRules,
    DeliveryRules,
    DemandRules,
    EscalationRules,
    ExtensionRules,
    FigureRules,
    Head,
    Hours,
    LightRules,
    Limit,
    LookbackRules,
    ParkRules,
    Part,
    ProjectLightRules,
    ReturnRules,
    Rung,
    SideLimit,
)
from config.texts import read_toml

POLICY_FILE = Path(__file__).with_name("policy.toml")


class Policy(Part):
    """A whole policy. Look up categories by name, limits by class, rungs in order of offset."""

    policy: Head
    hours: Hours
    limits: dict[str, Limit]
    deadline: DeadlineRules
    ack: SideLimit
    co_unit: SideLimit
    triage: SideLimit
    verify: SideLimit
    approve: SideLimit
    extension: ExtensionRules
    return_: ReturnRules = Field(alias="return")
    park: ParkRules
    adjust: AdjustRules
    ladder: tuple[Rung, ...]
    escalation: EscalationRules
    lights: LightRules
    project_lights: ProjectLightRules = ProjectLightRules()
    closure: ClosureRules
    lookback: LookbackRules
    coordination: CoordinationRules
    figures: FigureRules = FigureRules()
    delivery: DeliveryRules
    demands: DemandRules = DemandRules()
    categories: dict[str, Category]
    intake: dict[str, dict[str, str]] = Field(default_factory=dict)
    """By a platform's code: what it calls a category -> our category's name or code."""

    __hash__ = object.__hash__  # texts are parsed once (`parse_policy`), so identity is enough


@lru_cache(maxsize=32)
def parse_policy(source: str, file: str = "policy.toml") -> Policy:
    """The policy in a text.

    Raises `ConfigurationError` naming every key that is missing, unknown or of a wrong value.
    """
    try:
        return Policy.model_validate(read_toml(source, file))
    except ValidationError as error:
        raise ConfigurationError(from_validation(file, error)) from error


def shipped_policy() -> str:
    """Text of the policy that comes with the program."""
    return POLICY_FILE.read_text(encoding="utf-8")
