"""Going on after a fault of shape, so that one typing mistake does not hide the other faults.

What is unknown is left out, what is missing or of a wrong kind is taken from the shipped
definition. The mended text serves the further checks alone; it is never put in force.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from config.faults import ConfigurationError, Fault, from_validation
from config.policy import Policy, shipped_policy
from config.texts import read_toml
from config.workflow_definition import WorkflowDefinition, shipped_workflow

Raw = dict[str, Any]
_ROUNDS = 5
_NEUTRAL = {
    "roles": ["system"],
    "guards": [],
    "overridable": [],
    "scope": "any",
    "notice": "",
    "terminal": False,
    "phase": "discovery",
    "zh": "",
    "en": "",
}
_LISTS_OF_PARTS = ("ladder", "transitions", "acts")
_FIRST_KEYS = frozenset({"unit", "code", "zh"})


def mended_policy(source: str, file: str) -> tuple[Policy, list[Fault]]:
    """The policy as far as it can be understood, and its faults of shape.

    Raises `ConfigurationError` when it cannot be understood at all.
    """
    template = read_toml(shipped_policy(), file)
    policy: Policy
    policy, faults = _mended(source, file, Policy.model_validate, template)
    return policy, faults


def mended_workflow(source: str, file: str) -> tuple[WorkflowDefinition, list[Fault]]:
    """The same for a workflow definition."""
    template = read_toml(shipped_workflow(), file)
    definition: WorkflowDefinition
    definition, faults = _mended(source, file, WorkflowDefinition.model_validate, template)
    return definition, faults


def _mended(
    source: str, file: str, validate: Callable[[Raw], Any], template: Raw
) -> tuple[Any, list[Fault]]:
    raw = copy.deepcopy(read_toml(source, file))
    faults: list[Fault] = []
    for _round in range(_ROUNDS):
        try:
            return validate(raw), faults
        except ValidationError as error:
            faults = faults or from_validation(file, error)
            for item in reversed(error.errors()):
                _mend(raw, list(item["loc"]), item["type"], template)
    raise ConfigurationError(faults)


def _mend(raw: Any, loc: list[Any], kind: str, template: Raw) -> None:
    """Take out or replace what stands at `loc`; parts of a list are taken out whole."""
    parent, last = _parent(raw, loc)
    if parent is None:
        return
    if kind == "extra_forbidden":
        parent.pop(last, None)
        return
    if isinstance(parent, dict) and last in _NEUTRAL:
        parent[last] = copy.deepcopy(_NEUTRAL[last])
        return
    for place, name in enumerate(loc[:-1]):
        if name in _LISTS_OF_PARTS and isinstance(loc[place + 1], int):
            _drop(raw, loc[: place + 2])
            return
    _replace(raw, loc, template)


def _parent(raw: Any, loc: list[Any]) -> tuple[Any, Any]:
    for name in loc[:-1]:
        try:
            raw = raw[name]
        except (KeyError, IndexError, TypeError):
            return None, None
    return (raw, loc[-1]) if isinstance(raw, dict | list) and loc else (None, None)


def _drop(raw: Any, loc: list[Any]) -> None:
    parent, last = _parent(raw, loc)
    if isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        del parent[last]


def _replace(raw: Any, loc: list[Any], template: Raw) -> None:
    """Put the shipped value at the deepest table on the way that the template knows, too."""
    for depth in range(len(loc), 0, -1):
        parent, last = _parent(raw, loc[:depth])
        found = _shipped(template, loc[:depth])
        if isinstance(parent, dict) and found is not None:
            parent[last] = copy.deepcopy(found)
            return


def _shipped(template: Any, loc: list[Any]) -> Any:
    for name in loc:
        if isinstance(template, dict) and name in template:
            template = template[name]
        elif isinstance(template, dict) and template and _alike(template):
            template = next(iter(template.values()))  # any category, limit or state will do
        else:
            return None
    return template


def _alike(table: Raw) -> bool:
    """Whether a table's entries are all of one kind: categories, limits or states."""
    return all(isinstance(v, dict) and _FIRST_KEYS & set(v) for v in table.values())
