"""Is a row fit to be taken? Answered before anything is written, with every reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import select

from config.i18n import gettext as _
from models import tables
from models.db import Session
from workflow.context import Context, context
from workflow.deadlines import day_end
from workflow.errors import Reason
from workflow.ledgers.decode import Entry


class Checks:
    """What rows may name: the policy in force, the units and the projects of a transaction."""

    def __init__(self, s: Session, now: datetime, plans: bool) -> None:
        self.ctx: Context = context(s)
        self.policy = self.ctx.policy()
        self.now = now
        self.plans = plans
        self.units = {
            name for u in self.ctx.directory.units.values() if u.active for name in (u.code, u.name)
        }
        self.boards = {
            name
            for u in self.ctx.directory.units.values()
            if u.is_board
            for name in (u.code, u.name)
        }
        self.projects = {row.name for row in s.execute(select(tables.project.c.name))}

    def reasons(self, entry: Entry, changed: set[str] | None = None) -> list[Reason]:
        """Every reason against a row; against the `changed` fields only, where it is known."""
        found = [*self._report(entry), *self._units(entry), *self._limits(entry)]
        return found if changed is None else [r for r in found if r.field in changed]

    def due(self, entry: Entry) -> datetime | None:
        """The row's own deadline; a date means the close of business of that day."""
        text = entry.text("deadline")
        if not text:
            return None
        if len(text) > 10:
            return datetime.fromisoformat(text)
        return day_end(date.fromisoformat(text), self.policy, self.ctx.calendar())

    def _report(self, entry: Entry) -> Iterator[Reason]:
        category, project = entry.text("category"), entry.text("project")
        if not entry.text("description"):
            yield Reason(
                "description_missing",
                _("The problem is not described."),
                "description",
                _("Describe what stands in the way."),
            )
        if category not in self.policy.categories:
            yield Reason(
                "category_unknown",
                _("Unknown category {name}.").format(name=category),
                "category",
                _use_one_of(self.policy.categories, "、"),
            )
        if not project and not entry.text("no_project_reason"):
            yield Reason(
                "project_missing",
                _("No project is named."),
                "project",
                _("Name the project, or say why there is none."),
            )
        if project and project not in self.projects:
            yield Reason(
                "project_unknown",
                _("Unknown project {name}.").format(name=project),
                "project",
                _("Use the project's name as it stands in the library, or say why there is none."),
            )

    def _units(self, entry: Entry) -> Iterator[Reason]:
        board = entry.text("board")
        if board and board not in self.boards:
            yield Reason(
                "board_unknown",
                _("Unknown town or street {name}.").format(name=board),
                "board",
                _("Use the code or full name of a town or street."),
            )
        named = [
            ("lead", entry.text("lead")),
            ("verifier", entry.text("verifier")),
            *(("co_units", name) for name in entry.units()),
        ]
        for field, name in named:
            if name and name not in self.units:
                yield Reason(
                    f"{field}_unknown",
                    _("Unknown unit {name}.").format(name=name),
                    field,
                    _("Use the unit's code or full name."),
                )

    def _limits(self, entry: Entry) -> Iterator[Reason]:
        limit, due = entry.text("limit"), self.due(entry)
        if limit and limit not in self.policy.limits:
            yield Reason(
                "limit_unknown",
                _("Unknown limit class {name}.").format(name=limit),
                "limit",
                _use_one_of(self.policy.limits, ", "),
            )
        if due is not None and due <= self.now and not self.policy.deadline.allow_past:
            yield Reason(
                "deadline_past",
                _("The deadline is in the past."),
                "deadline",
                _("Choose a later date."),
            )


def _use_one_of(names: dict[str, object] | object, between: str) -> str:
    return _("Use one of: {names}.").format(names=between.join(names))  # type: ignore[arg-type]
