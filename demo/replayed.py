"""The public ledger replayed, and its verdicts held against the city's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from demo.figures import Share
from demo.fresh import fresh_database
from workflow.ledgers.cases import Case, read_cases
from workflow.ledgers.mapping import Mapping, load_mapping
from workflow.replay import replay

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LEDGER, MAPPING = EXAMPLES / "boston311.csv", EXAMPLES / "boston311.toml"
CITY = {"ONTIME": "on_time", "OVERDUE": "overdue"}
Progress = Callable[[int], None]


def steps(ledger: Path = LEDGER, mapping: Path = MAPPING) -> int:
    """How many steps the replay will report: an opening and, mostly, a closing a case."""
    return sum(1 + (case.closed is not None) for case in _cases(ledger, load_mapping(mapping)))


def replay_public(
    url: str, now: datetime, progress: Progress, ledger: Path = LEDGER, mapping: Path = MAPPING
) -> tuple[Share, list[str]]:
    """Replay into a database of its own; how often the verdicts agree, and where they do not."""
    rules = load_mapping(mapping)
    db = fresh_database(url, now)
    try:
        report = replay(db, ledger, rules, progress=progress)
    finally:
        db.close()
    cases = list(_cases(ledger, rules))
    found = report.verdicts
    wrong = [case.number for case in cases if found.get(case.number) != city_verdict(case)]
    unread = sorted({fault.row for fault in report.faults} - {case.row for case in cases})
    total = len(cases) + len(unread)
    return Share(len(cases) - len(wrong), total), [*wrong, *(f"row {row}" for row in unread)]


def city_verdict(case: Case) -> str:
    """What the city itself says of a case; one without a target has no verdict."""
    return CITY[case.verdict] if case.target is not None else "no_deadline"


def _cases(ledger: Path, mapping: Mapping) -> list[Case]:
    return [case for case in read_cases(ledger, mapping) if isinstance(case, Case)]
