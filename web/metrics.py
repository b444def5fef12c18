"""`/metrics` for Prometheus: how the loop moves and whether anything is stuck. No business names.

Figures come at scrape time from small or indexed tables. History is counted on from where the
service first looked, along the primary key, so that a scrape never reads all of it; as with
every counter, Prometheus adds up what restarts set back. Several processes of one service
answer alike: see `web.metrics_shared`.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func, select

from config import clock
from config.i18n import gettext as _
from models import tables
from models.db import Database, Session
from models.queries.running import is_overdue
from notifications.callbacks.health import callback_age
from notifications.health import outbox_age, trouble
from web.call import settings_of
from web.faults import forbidden
from web.metrics_shared import Shared
from workflow.side_limits import kind_of

router = APIRouter(include_in_schema=False)
SETTLED = timedelta(seconds=60)
"""Rows younger than this are counted at a later scrape: ids are not committed in their order."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 1, 2.5, 5, 10, 30)
OTHER = "(none)"
"""The template of addresses that no route has, so that strangers cannot invent series."""


class Tally:
    """Counts of new rows by their labels, read on along the primary key.

    `told` is how a label is told, where the column's values have no end.
    """

    def __init__(
        self,
        table: Any,
        *labels: str,
        shared: Shared | None = None,
        told: Callable[[str], str] = str,
    ) -> None:
        self._table: Any = table
        self._shared, self._told = shared, told
        self._labels: list[Any] = [table.c[name] for name in labels]
        self._last: int | None = None
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._lock = threading.Lock()

    def read(self, s: Session, now: datetime) -> dict[tuple[str, ...], int]:
        """Counts since the first look."""
        with self._lock:
            newest = s.execute(select(func.max(self._table.c.id))).scalar() or 0
            if self._last is None:
                self._last = self._begin(newest)
            if newest > self._last:
                self._go_on(s, now)
            return dict(self._counts)

    def _begin(self, newest: int) -> int:
        """Where counting starts: here, or where another process of the service has started."""
        return self._shared.agreed(self._table.name, newest) if self._shared else newest

    def _go_on(self, s: Session, now: datetime) -> None:
        table = self._table.c
        young = select(func.min(table.id)).where(table.id > self._last, table.at > now - SETTLED)
        until = s.execute(young).scalar()
        fresh = [table.id > self._last, *([table.id < until] if until is not None else [])]
        counted = select(*self._labels, func.count(), func.max(table.id)).where(*fresh)
        for row in s.execute(counted.group_by(*self._labels)):
            *labels, n, last = tuple(row)
            self._counts[tuple(self._told(str(label)) for label in labels)] += n
            self._last = max(self._last or 0, last)


class Measures:
    """The registry of one application, or of several processes that share a folder."""

    def __init__(self, db: Database, shared: Shared | None = None) -> None:
        self.registry = CollectorRegistry()
        self.latency = Histogram(
            "xiaohao_request_seconds",
            "Time from a request to the end of its answer, by route template",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=None if shared else self.registry,
        )
        if shared:
            shared.collect_into(self.registry)
        self.transitions = Tally(tables.event, "tag", shared=shared)
        self.rungs = Tally(tables.rung_firing, "rung", "outcome", shared=shared, told=kind_of)
        self.registry.register(_Figures(db, self))


class _Figures:
    """What is read from the database at each scrape."""

    def __init__(self, db: Database, measures: Measures) -> None:
        self._db, self._measures = db, measures

    def describe(self) -> list[Metric]:
        """Nothing: a registry would otherwise ask the database when it is built."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, from one reading transaction."""
        now = clock.now()
        with self._db.read() as s:
            yield _counter("transitions", "Facts written to the history, by tag", ("tag",),
                           self._measures.transitions.read(s, now))  # fmt: skip
            yield _counter("rungs", "Rungs and side limits that came due", ("rung", "outcome"),
                           self._measures.rungs.read(s, now))  # fmt: skip
            yield from _outbox(s, now)
            yield from _trouble(s)
            yield from _jobs(s, now)
            yield from _loop(s, now)


def _counter(name: str, text: str, labels: tuple[str, ...], found: dict[Any, int]) -> Metric:
    family = CounterMetricFamily(f"xiaohao_{name}", text, labels=labels)
    for values, n in sorted(found.items()):
        family.add_metric(list(values), n)
    return family


def _gauge(
    name: str, text: str, found: dict[str, float] | float, label: str = ""
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"xiaohao_{name}", text, labels=(label,) if label else ())
    for key, value in found.items() if isinstance(found, dict) else [("", found)]:
        family.add_metric([key] if label else [], value)
    return family


def _outbox(s: Session, now: datetime) -> Iterator[Metric]:
    box, calls = outbox_age(s, now), callback_age(s, now)
    waiting: dict[str, float] = {"notice": box.notices, "message": box.messages}
    yield _gauge("outbox_depth", "What waits to leave", waiting, "kind")
    yield _gauge("outbox_age_seconds", "How long the oldest has waited", _seconds(box.oldest))
    yield _gauge("callbacks_pending", "Call-backs that wait to leave", calls.count)
    yield _gauge("callbacks_age_seconds", "How long the oldest has waited", _seconds(calls.oldest))


def _trouble(s: Session) -> Iterator[Metric]:
    found = trouble(s)
    paused: dict[str, float] = {name: float(is_open) for name, is_open in found.paused.items()}
    yield _gauge("channel_paused", "1 while a channel's circuit is open", paused, "channel")
    yield _gauge("messages_held", "Messages that the storm guard holds", found.held)
    yield _gauge("messages_failed", "Messages that nobody got", found.failed)
    yield _gauge("addresses_bounced", "Addresses that are not used any more", found.bad_addresses)


def _jobs(s: Session, now: datetime) -> Iterator[Metric]:
    beat, deferral = tables.heartbeat.c, tables.deferral
    latest = select(beat.job, func.max(beat.at).label("at")).group_by(beat.job)
    ages = {row.job: _seconds(now - row.at) for row in s.execute(latest)}
    yield _gauge("tick_age_seconds", "Time since a job last finished well", ages, "job")
    put_off = s.execute(select(func.count()).select_from(deferral)).scalar_one()
    yield _gauge("deferred", "Subjects that failed in a sweep and are tried again", put_off)


def _loop(s: Session, now: datetime) -> Iterator[Metric]:
    task, prepared = tables.task.c, tables.prepared_action.c
    late = select(task.level, func.count()).where(is_overdue(task, now)).group_by(task.level)
    found: list[Any] = list(s.execute(late))
    levels: dict[str, float] = {str(row[0]): row[1] for row in found}
    yield _gauge("overdue_tasks", "Tasks past their deadline, by level", levels, "level")
    steps = select(func.count()).where(prepared.state == "prepared")
    waiting = s.execute(steps).scalar_one()
    yield _gauge("prepared_steps", "Steps of the ladder that wait for a person", waiting)


def _seconds(span: timedelta | None) -> float:
    return max(span.total_seconds(), 0.0) if span is not None else 0.0


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Text for Prometheus; see `may_scrape` for who gets it."""
    if not may_scrape(request):
        raise forbidden(_("These figures are for the house's own monitoring."))
    measures: Measures = request.app.state.measures
    return Response(generate_latest(measures.registry), media_type=CONTENT_TYPE_LATEST)


def may_scrape(request: Request) -> bool:
    """With `metrics_token` whoever bears it; without, only this machine and through no proxy."""
    token = settings_of(request).metrics_token.get_secret_value()
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers.keys())
    return not forwarded and _is_loopback(request.client.host if request.client else "")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Latency:
    """Time every answer, by the template of its route. Plain ASGI, so that streams count whole."""

    def __init__(self, app: Any, *, measures: Measures) -> None:
        self.app, self.measures = app, measures

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Watch the status go by and note the time when it is over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def watching(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watching)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            labels = (method, template(scope), f"{status // 100}xx")
            self.measures.latency.labels(*labels).observe(time.perf_counter() - begun)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def template(scope: MutableMapping[str, Any]) -> str:
    """The path of the route as it is written, never as it was asked for."""
    path = getattr(scope.get("route"), "path", None)
    return str(path) if path else OTHER
