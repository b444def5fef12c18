"""The broad road of a sweep: issues of one shape are worked out once and written together.

The ordinary road (`workflow.sweep.sweep_issues`) stays the one that knows the rules. A plan is
made by it (`workflow.alike.plan`) as soon as a shape has come up twice, and is good for this
sweep, as long as nobody changes a calendar, the policy or the people.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.db import Session
from notifications import outbox
from workflow.alike.addressing import Addressing, Letters
from workflow.alike.plan import Plan, make
from workflow.alike.shape import Key, Row, Shapes, read
from workflow.alike.writing import Batch, Case
from workflow.context import Context, context
from workflow.firings import BETWEEN, FIRED
from workflow.reaching import rules_of, told

MOST_PLANS = 5_000
MOST_KNOWN = 50_000
"""Letters that are remembered, and shapes that came up once."""


@dataclass(slots=True)
class Done:
    """What the broad road has written of a batch."""

    issues: int = 0
    notices: int = 0
    outcomes: Counter[tuple[str, int | None]] = field(default_factory=Counter)


@dataclass(slots=True)
class Stock:
    """What is good for an edition of policy, calendar and people, whoever made it."""

    plans: dict[Key, Plan | None] = field(default_factory=dict)
    letters: Addressing = field(default_factory=Addressing)
    seen: set[int] = field(default_factory=set)

    def tidy(self) -> None:
        """Forget what has become too much."""
        if len(self.plans) > MOST_PLANS or len(self.letters) > MOST_KNOWN:
            self.plans.clear()
            self.letters.clear()
        if len(self.seen) > MOST_KNOWN:
            self.seen.clear()


class Road:
    """The plans of one sweep, which stands at one moment."""

    __slots__ = ("_edition", "_shapes", "_stocks", "_worth", "stock")

    def __init__(self, worth: int = 2, stocks: dict[Any, Stock] | None = None) -> None:
        """`worth`: how many issues of a shape make a plan worth its while."""
        self._worth = worth
        self._edition: Any = None
        self._stocks: dict[Any, Stock] = {} if stocks is None else stocks
        self._shapes: Shapes | None = None
        self.stock = Stock()

    def beside(self) -> Road:
        """A road for another thread of the same sweep, which shares the plans."""
        return Road(self._worth, self._stocks)

    def take(self, s: Session, ids: list[int], now: datetime) -> tuple[Done, list[int]]:
        """Do what is due for these locked issues, as far as there are plans; returns the rest."""
        ctx = context(s)
        self._renew(ctx)
        shapes, (issues, tasks) = self._shapes_at(s, ctx, now), read(s, ids)
        fired = _fired(s, shapes, tasks)
        groups: dict[Key, list[Case]] = {}
        rest: list[int] = []
        for issue in issues:
            own = tasks.get(issue[0], [])
            key = shapes.of(issue, own, fired)
            if key is not None:
                groups.setdefault(key, []).append((issue, own))
            elif shapes.asks(issue, own):
                rest.append(issue[0])
        batch, done = Batch(ctx, shapes), Done()
        for key, cases in groups.items():
            if not shapes.asks(*cases[0]):
                continue  # what is due is a part of the shape
            plan = self._plan(s, ctx, now, key, cases, fired)
            if plan is None:
                rest += [issue[0] for issue, _own in cases]
            else:
                rest += self._add(batch, done, plan, cases, (ctx, now, s.dialect))
        batch.write(s)
        if batch.lost:
            news = told(ctx, batch.lost, now)
            outbox.enqueue(s, news, now, ctx.channels, rules_of(ctx.policy()))
        return done, sorted(rest)

    def _renew(self, ctx: Context) -> None:
        edition = (
            ctx.calendar_edition, ctx.organisation_edition, ctx.policy_version_id, ctx.channels,
        )  # fmt: skip
        if edition != self._edition:
            self._shapes, self._edition = None, edition
            self.stock = self._stocks.setdefault(edition, Stock())
        self.stock.tidy()

    def _shapes_at(self, s: Session, ctx: Context, now: datetime) -> Shapes:
        if self._shapes is None or self._shapes.now != now:
            self._shapes = Shapes(s, ctx, now)
        self._shapes.meet(ctx)
        return self._shapes

    def _plan(
        self,
        s: Session,
        ctx: Context,
        now: datetime,
        key: Key,
        cases: list[Case],
        fired: dict[str, Key],
    ) -> Plan | None:
        plans, seen = self.stock.plans, self.stock.seen
        plan = plans.get(key)
        if plan is not None or key in plans:
            return plan
        if len(cases) < self._worth and hash(key) not in seen:
            seen.add(hash(key))  # a plan costs more than one issue
            return None
        issue, own = cases[0]
        record = {n: fired.get(f"task:{row[1]}", ()) for n, row in enumerate(own)}
        plan = plans[key] = make(s, ctx, now, issue, own, record)
        return plan

    def _add(
        self, batch: Batch, done: Done, plan: Plan, cases: list[Case], at: tuple[Any, Any, str]
    ) -> list[int]:
        """Carry a plan out for these issues; returns those that take the ordinary road."""
        rest: list[int] = []
        taken: list[tuple[Case, list[Letters]]] = []
        for case in cases:
            letters = self.stock.letters.of(*at, plan, case[1])
            if letters is None:
                rest.append(case[0][0])
            else:
                taken.append((case, letters))
                for one in letters:
                    done.notices += one.told
        batch.add(plan, taken)
        done.issues += len(taken)
        for outcome in plan.outcomes:
            done.outcomes[outcome] += len(taken)
        return rest


def _fired(s: Session, shapes: Shapes, tasks: dict[int, list[Row]]) -> dict[str, Key]:
    """What is on record for the tasks that are due: versions with their keys, by subject."""
    subjects = [f"task:{row[1]}" for rows in tasks.values() for row in rows if shapes.due(row)]
    known: dict[str, frozenset[str]] = {}
    found: dict[str, list[tuple[int, frozenset[str]]]] = {}
    for subject, version, keys in FIRED.of(s).raw(s, {"keys": json.dumps(subjects)}):
        if keys not in known:
            known[keys] = frozenset(keys.split(BETWEEN))
        found.setdefault(subject, []).append((version, known[keys]))
    for rows in found.values():
        if len(rows) > 1:
            rows.sort(key=_version)
    return {subject: tuple(rows) for subject, rows in found.items()}


def _version(row: tuple[int, frozenset[str]]) -> int:
    return row[0]
