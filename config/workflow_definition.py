"""The two state machines as data: states, transitions, and acts that change no state."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from config.faults import ConfigurationError, from_validation
from config.texts import read_toml

WORKFLOW_FILE = Path(__file__).with_name("workflow.toml")
SYSTEM = "system"

Scope = Literal["any", "lead", "verifier", "reporter", "co", "lead_or_verifier", "lead_or_office"]
Phase = Literal["discovery", "breakdown", "assignment", "supervision", "closure"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class State(_Part):
    """A state with its names and the phase it belongs to."""

    zh: str
    en: str
    phase: Phase
    terminal: bool = False


class Rule(_Part):
    """Who may do it and what must hold; `overridable` guards may be waived with a reason."""

    roles: tuple[str, ...]
    scope: Scope = "any"
    guards: tuple[str, ...] = ()
    overridable: tuple[str, ...] = ()


class Transition(Rule):
    """A change of state."""

    trigger: str
    source: tuple[str, ...]
    dest: str
    notice: str = ""

    @property
    def name(self) -> str:
        """The trigger, so that transitions and acts are looked up alike."""
        return self.trigger

    @property
    def states(self) -> tuple[str, ...]:
        """States it starts from."""
        return self.source


class Act(Rule):
    """A recorded deed that leaves the state as it is."""

    name: str
    states: tuple[str, ...]


class MachineDefinition(_Part):
    """One machine: the issue's or the task's."""

    initial: str
    states: dict[str, State]
    transitions: tuple[Transition, ...]
    acts: tuple[Act, ...] = ()


class Head(_Part):
    """The definition's name."""

    name: str


class WorkflowDefinition(_Part):
    """Both machines."""

    workflow: Head
    issue: MachineDefinition
    task: MachineDefinition

    __hash__ = object.__hash__  # texts are parsed once (`parse_workflow`), so identity is enough

    def machine(self, kind: str) -> MachineDefinition:
        """`issue` or `task`."""
        return self.issue if kind == "issue" else self.task


@lru_cache(maxsize=32)
def parse_workflow(source: str, file: str = "workflow.toml") -> WorkflowDefinition:
    """The definition in a text.

    Raises `ConfigurationError` naming every key that is missing, unknown or of a wrong value.
    """
    try:
        return WorkflowDefinition.model_validate(read_toml(source, file))
    except ValidationError as error:
        raise ConfigurationError(from_validation(file, error)) from error


def shipped_workflow() -> str:
    """Text of the definition that comes with the program."""
    return WORKFLOW_FILE.read_text(encoding="utf-8")
