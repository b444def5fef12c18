"""What has happened in a ledger, as labels read from its events and rows.

A label is an event's tag, refined where one tag means several things: `task.rule_return:granted`,
`rung:urge:fired`, `limit:verify`, `light:issue:red:relapsed`, `notice:dispatch`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from models import tables
from models.db import Session


def occurred(s: Session) -> set[str]:
    """Every label that holds for this database."""
    return {
        *_events(s), *_rows(s), *_deadlines(s), *_prepared(s), *_filed_again(s), *_stand_ins(s),
        *_broken_into_three(s), *_lights(s), *_targets(s), *_demands(s), *_bulletins(s),
    }  # fmt: skip


def _events(s: Session) -> Iterator[str]:
    event = tables.event.c
    granted: Counter[int] = Counter()
    for row in s.execute(select(event.tag, event.task_id, event.data).order_by(event.id)):
        yield row.tag
        if row.tag in ("project.listed", "project.seeded") and "list" in row.data:
            yield f"list:{row.data['list']}"
        for detail in _details(row.tag, row.data):
            yield f"{row.tag}:{detail}"
        if row.tag == "ladder.rung":
            yield f"rung:{row.data['rung']}:{row.data['outcome']}"
        elif row.tag == "limit.passed":
            yield f"limit:{row.data['limit'].split(':')[0]}"
        elif row.tag == "task.rule_extension" and row.data["granted"]:
            granted[row.task_id] += 1
            yield f"task.rule_extension:granted:{granted[row.task_id]}"


def _details(tag: str, data: dict[str, Any]) -> Iterator[str]:
    if "granted" in data:
        yield "granted" if data["granted"] else "refused"
    if tag == "issue.coordinate" and data.get("cause"):
        yield data["cause"]
    if tag == "meeting.item":
        yield data["state"]
    if tag == "task.decide_prepared":
        yield f"{data['rung']}:{'issued' if data['issued'] else 'dismissed'}"
    if tag == "issue.record_lookback":
        yield "relapse" if data["relapse"] else "ok"
    if tag == "task.rule_adjustment":
        yield from data["new"]
    if tag == "task.withdraw":
        yield "reassigned" if "replaced_by" in data else "dropped"
    if tag == "project.stage" and data["correction"]:
        yield "correction"
    if data.get("waived"):
        yield "override"


def _rows(s: Session) -> Iterator[str]:
    """States, lights with their reasons, and kinds of notice."""
    issue, task, notice = tables.issue.c, tables.task.c, tables.notice.c
    for name, column in (("issue", issue), ("task", task)):
        for row in s.execute(select(column.state, column.light, column.light_reason).distinct()):
            yield f"state:{name}:{row.state}"
            yield f"light:{name}:{row.light}:{row.light_reason}"
    for row in s.execute(select(notice.kind).distinct()):
        yield f"notice:{row.kind}"


def _deadlines(s: Session) -> Iterator[str]:
    """Causes and units of deadlines, and the holidays that they stepped over."""
    version = tables.deadline_version.c
    for row in s.execute(select(version.cause, version.provisional, version.derivation)):
        yield f"deadline:{row.cause}"
        yield f"deadline:{row.derivation['unit']}"
        if row.provisional:
            yield "deadline:provisional"
        for day in row.derivation["skipped"]:
            if day["name"]:
                yield f"deadline:{day['name']}"


def _prepared(s: Session) -> Iterator[str]:
    prepared = tables.prepared_action.c
    for row in s.execute(select(prepared.state).distinct()):
        yield f"prepared:{row.state}"


def _filed_again(s: Session) -> Iterator[str]:
    """A draft that was filed later than it was begun."""
    event = tables.event.c
    moments = (
        select(event.stream, func.count(event.at.distinct()).label("n"))
        .where(event.tag.in_(("issue.created", "issue.report")))
        .group_by(event.stream)
    )
    sent_back = {
        row.stream for row in s.execute(select(event.stream).where(event.tag == "issue.send_back"))
    }
    for row in s.execute(moments):
        if row.n > 1:
            yield "issue.report:corrected" if row.stream in sent_back else "issue.report:draft"


def _stand_ins(s: Session) -> Iterator[str]:
    """A notice that reached the deputy of somebody who was away."""
    event, notice = tables.event.c, tables.notice.c
    person = {row.username: row.id for row in s.execute(select(tables.person))}
    for row in s.execute(select(event.data).where(event.tag == "person.away")):
        since, until = (datetime.fromisoformat(row.data[name]) for name in ("since", "until"))
        told = select(notice.id).where(
            notice.recipient_id == person[row.data["deputy"]], notice.kind == "dispatch",
            notice.created_at >= since, notice.created_at < until,
        )  # fmt: skip
        if s.execute(told.limit(1)).first() is not None:
            yield "notice:to_the_deputy"


def _broken_into_three(s: Session) -> Iterator[str]:
    task = tables.task.c
    counted = (
        select(task.issue_id, func.count(task.lead_unit_id.distinct()).label("units"))
        .where(task.state != "withdrawn")
        .group_by(task.issue_id)
    )
    if any(row.units >= 3 for row in s.execute(counted)):
        yield "tasks:three_units"


def _bulletins(s: Session) -> Iterator[str]:
    """A bulletin that corrects another, leaders told of one, figures stored with a month."""
    bulletin, notice = tables.bulletin.c, tables.notice.c
    if s.execute(select(bulletin.id).where(bulletin.corrects_id.is_not(None)).limit(1)).first():
        yield "bulletin:corrected"
    if s.execute(select(notice.id).where(notice.subject.like("bulletin:%")).limit(1)).first():
        yield "notice:bulletin_issued"
    if s.execute(select(tables.kpi_value.c.id).limit(1)).first():
        yield "kpi:stored"


def _demands(s: Session) -> Iterator[str]:
    """States of demands, repeats, and one that was taken up after its limit."""
    demand = tables.demand.c
    for row in s.execute(select(demand.state, demand.repeat, demand.relapse_candidate).distinct()):
        yield f"state:demand:{row.state}"
        if row.repeat:
            yield "demand:repeat"
        if row.relapse_candidate:
            yield "demand:relapse_candidate"
    late = select(demand.id).where(demand.contacted_at > demand.take_up_due_at)
    if s.execute(late.limit(1)).first() is not None:
        yield "demand:late"


def _targets(s: Session) -> Iterator[str]:
    """A frozen month that was corrected, and units that were asked for their figures."""
    snapshot, notice = tables.snapshot.c, tables.notice.c
    if s.execute(select(snapshot.id).where(snapshot.edition > 1).limit(1)).first():
        yield "month:corrected"
    bulletin = tables.bulletin.c
    if s.execute(select(bulletin.id).where(bulletin.compared_id.is_not(None)).limit(1)).first():
        yield "month:compared"
    if s.execute(select(notice.id).where(notice.subject.like("figures:%")).limit(1)).first():
        yield "notice:figures_due"


def _lights(s: Session) -> Iterator[str]:
    """Lights of projects, milestones and boards, those that have turned among them; notices."""
    change, permit, notice = tables.light_change.c, tables.permit.c, tables.notice.c
    for row in s.execute(select(change.subject, change.light, change.reason)):
        kind = row.subject.split(":")[0]
        yield f"light:{kind}:{row.light}"
        yield f"light:{kind}:{row.light}:{row.reason}"
    kinds = {row.kind for row in s.execute(select(permit.kind).distinct())}
    if {"acceptance", "title"} <= kinds:
        yield "prompt:certificate"
    told = select(notice.facts).where(notice.kind == "project_news")
    for row in s.execute(told):
        yield f"notice:{row.facts['about']}"
