"""What guards look at: rows, actor, rules and the command's own arguments. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config.policy import Policy
from config.policy_parts import Category
from models.directory import Directory, PersonInfo
from workflow.calendar import WorkCalendar


@dataclass(slots=True)
class Facts:
    """Everything one decision depends on. Rows are read-only here."""

    now: datetime
    actor: PersonInfo
    directory: Directory
    policy: Policy
    calendar: WorkCalendar
    issue: Any
    tasks: Sequence[Any]
    task: Any = None
    args: dict[str, Any] = field(default_factory=dict)
    requests: Sequence[Any] = ()
    request: Any = None
    evidence: Sequence[Any] = ()
    co_units: Sequence[Any] = ()
    lookbacks: Sequence[Any] = ()
    prepared: Any = None
    policies: Callable[[Any], Policy] | None = None
    target: Any = None

    @property
    def category(self) -> Category | None:
        """The category's rules, or None when the policy does not know it."""
        name = self.task.category if self.task is not None else self.issue.category
        return self.policy.categories.get(name)

    def policy_of(self, task: Any) -> Policy:
        """The policy a task runs under; the issue's where nothing else is known."""
        return self.policies(task) if self.policies is not None else self.policy

    @property
    def live_tasks(self) -> list[Any]:
        """Tasks that have not been withdrawn."""
        return [t for t in self.tasks if t.state != "withdrawn"]

    def text(self, name: str) -> str:
        """An argument as stripped text, empty when absent."""
        return str(self.args.get(name) or "").strip()
