"""Everything of an issue as one line: what moves into the file, and a copy of what stays."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Select, Table, select

from models import tables
from models.db import Session
from storage import rows
from workflow.chain import GENESIS, event_hash

Rows = dict[str, list[rows.Row]]
"""By table: rows, each with its values in the order of the table's columns."""
MOVED: tuple[Table, ...] = (
    tables.event, tables.rung_firing, tables.deadline_version, tables.request, tables.callback,
    tables.delivery, tables.notice,
)  # fmt: skip
KEPT: tuple[Table, ...] = (
    tables.issue, tables.task, tables.co_unit, tables.evidence, tables.lookback,
    tables.prepared_action, tables.document, tables.document_addressee, tables.document_subject,
    tables.imported_row,
)  # fmt: skip
COLUMNS = {table.name: [column.name for column in table.columns] for table in (*MOVED, *KEPT)}
"""How this version lays the rows out; a file says how it did."""
_T = tables.task.c
PAGE = 400
Key = TypeVar("Key", int, str)
Carried = dict[int, list[int]]
"""By issue: the messages that go with it."""


@dataclass(slots=True)
class Record:
    """An issue with everything that belongs to it."""

    issue_id: int
    number: str = ""
    moved: Rows = field(default_factory=lambda: defaultdict(list))
    kept: Rows = field(default_factory=lambda: defaultdict(list))

    @property
    def line(self) -> bytes:
        """As the file has it: JSON, always spelled the same."""
        said = {
            "issue": self.issue_id, "number": self.number,
            "kept": {name: found for name, found in self.kept.items() if found},
            "moved": {name: found for name, found in self.moved.items() if found},
        }  # fmt: skip
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the line."""
        return hashlib.sha256(self.line).hexdigest()

    @property
    def count(self) -> int:
        """How many rows move."""
        return sum(len(found) for found in self.moved.values())

    def keys(self, table: Table) -> list[int]:
        """Ids of the rows of a table that move."""
        place = COLUMNS[table.name].index("id")
        return [row[place] for row in self.moved.get(table.name, ())]

    def messages(self) -> list[int]:
        """Ids of the messages that move along."""
        return self.keys(tables.delivery)


def parsed(line: bytes) -> Record:
    """A line of a file. Raises `ValueError` or `KeyError` for what is none."""
    said = json.loads(line)
    return Record(int(said["issue"]), str(said["number"]), said["moved"], said["kept"])


def gather(s: Session, issues: Sequence[int], carried: Carried) -> list[Record]:
    """The records of these issues in their order; `carried` names the messages of each."""
    found = {key: Record(key) for key in issues}
    tasks = {row.id: row.issue_id for row in _read(s, tables.task, _T.issue_id.in_(issues))}
    subjects = {f"issue:{key}": key for key in issues} | {
        f"task:{task}": key for task, key in tasks.items()
    }
    for table, of_issue in _of_issues(s, issues, tasks, subjects):
        into = "moved" if table in MOVED else "kept"
        for key, row in of_issue:
            getattr(found[key], into)[table.name].append(rows.encoded(row))
    _messages(s, found, carried)
    _documents(s, found)
    place = COLUMNS["issue"].index("number")
    for record in found.values():
        record.number = record.kept["issue"][0][place]
    return list(found.values())


def _of_issues(
    s: Session, issues: Sequence[int], tasks: dict[int, int], subjects: dict[str, int]
) -> Iterator[tuple[Table, Iterator[tuple[int, Any]]]]:
    """Rows of every table with the issue that each belongs to, in the order of their ids."""

    def by(table: Table, column: str, owner: dict[Any, int]) -> Iterator[tuple[int, Any]]:
        for row in _read(s, table, table.c[column].in_(list(owner))):
            yield owner[row._mapping[column]], row

    own = {key: key for key in issues}
    yield tables.issue, by(tables.issue, "id", own)
    yield tables.event, by(tables.event, "stream", {f"issue:{key}": key for key in issues})
    for table in (tables.notice, tables.rung_firing):
        yield table, by(table, "subject", subjects)
    for table in (tables.task, tables.lookback, tables.imported_row, tables.callback,
                  tables.document_subject):  # fmt: skip
        yield table, by(table, "issue_id", own)
    for table in (tables.deadline_version, tables.request, tables.co_unit, tables.evidence,
                  tables.prepared_action):  # fmt: skip
        yield table, by(table, "task_id", tasks)


def _read(s: Session, table: Table, where: Any) -> Iterator[Any]:
    chosen: Select[Any] = select(table).where(where).order_by(table.c.id)
    yield from s.execute(chosen)


def _messages(s: Session, found: dict[int, Record], carried: Carried) -> None:
    owner = {key: issue for issue in found for key in carried.get(issue, ())}
    for row in _read(s, tables.delivery, tables.delivery.c.id.in_(list(owner))):
        found[owner[row.id]].moved["delivery"].append(rows.encoded(row))


def _documents(s: Session, found: dict[int, Record]) -> None:
    """Copies of the documents about these issues, with their addressees."""
    place = COLUMNS["document_subject"].index("document_id")
    about = defaultdict(list)
    for record in found.values():
        for key in {row[place] for row in record.kept.get("document_subject", ())}:
            about[key].append(record)
    keys = list(about)
    addressee = tables.document_addressee
    for table, column in ((tables.document, "id"), (addressee, "document_id")):
        for row in _read(s, table, table.c[column].in_(keys)):
            for record in about[row._mapping[column]]:
                record.kept[table.name].append(rows.encoded(row))


# ---------------------------------------------------------------- messages


def carried(s: Session, issues: Sequence[int]) -> Carried:
    """Messages that carry notices of these issues alone, each with the last of its issues.

    A message of several notices stays as long as one of them does. The newest stays on SQLite,
    which would give its number again.
    """
    subjects = {f"issue:{key}": key for key in issues}
    for some in pages(issues):
        of_task = s.execute(select(_T.id, _T.issue_id).where(_T.issue_id.in_(some)))
        subjects |= {f"task:{row.id}": row.issue_id for row in of_task}
    owners: dict[int, set[int | None]] = {key: set() for key in _ended(s, list(subjects))}
    n = tables.notice.c
    for part in pages(list(owners)):
        chosen = select(n.delivery_id, n.subject).where(n.delivery_id.in_(part))
        for row in s.execute(chosen):
            owners[row.delivery_id].add(subjects.get(row.subject))
    found: Carried = defaultdict(list)
    for delivery, several in sorted(owners.items()):
        if None not in several:
            found[max(key for key in several if key is not None)].append(delivery)
    return found


def _ended(s: Session, subjects: list[str]) -> list[int]:
    """Messages with notices of these subjects that went out, or never will."""
    n, d = tables.notice.c, tables.delivery.c
    newest = s.execute(select(d.id).order_by(d.id.desc()).limit(1)).scalar()
    found: set[int] = set()
    for some in pages(subjects):
        chosen = (
            select(d.id).join(tables.notice, n.delivery_id == d.id)
            .where(n.subject.in_(some), d.state.in_(("sent", "failed")))
        )  # fmt: skip
        found.update(s.execute(chosen).scalars())
    return sorted(found - ({newest} if s.dialect == "sqlite" else set()))


def batches(found: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """So many records at a time."""
    rest = iter(found)
    while some := list(islice(rest, size)):
        yield some


def pages(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """So many at a time as one statement takes easily."""
    return (keys[start : start + PAGE] for start in range(0, len(keys), PAGE))


# ---------------------------------------------------------------- what a line proves


def chain_fault(record: Record, columns: dict[str, list[str]]) -> str:
    """What is wrong with the history of a record; empty: it is whole and ends at its head."""
    names = columns["event"]
    last_seq, last_hash = 0, GENESIS
    for row in record.moved.get("event", ()):
        event = dict(zip(names, row, strict=True))
        for moment in ("at", "logical_at"):
            event[moment] = datetime.fromisoformat(event[moment])
        if event["seq"] != last_seq + 1 or event["prev_hash"] != last_hash:
            return f"event {event['seq']} does not follow event {last_seq}"
        if event["stream"] != f"issue:{record.issue_id}" or event_hash(event) != event["hash"]:
            return f"event {event['seq']} does not match its hash"
        last_seq, last_hash = event["seq"], event["hash"]
    issue = dict(zip(columns["issue"], record.kept["issue"][0], strict=True))
    if (last_seq, last_hash) != (issue["chain_seq"], issue["chain_hash"]):
        return f"its chain ends at {last_seq}, its head says {issue['chain_seq']}"
    return ""


def head(record: Record, columns: dict[str, list[str]]) -> tuple[int, str]:
    """Number and hash of the newest event."""
    issue = dict(zip(columns["issue"], record.kept["issue"][0], strict=True))
    return int(issue["chain_seq"]), str(issue["chain_hash"])
