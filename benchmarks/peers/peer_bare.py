"""The same eight steps with the driver alone: lock, state, history, notice, and no rule."""

# mypy: ignore-errors
from __future__ import annotations

from answering import NOTICE, STEPS, answer, given
from plain import Plain

TABLES = (
    "CREATE TABLE issue (id {key}, title TEXT, category TEXT, state TEXT, version INT)",
    "CREATE TABLE task (id {key}, issue_id BIGINT, measures TEXT, state TEXT, version INT)",
)
INSERT = "INSERT INTO issue (title, category, state, version) VALUES (?, ?, ?, 1) RETURNING id"
TASK = "INSERT INTO task (issue_id, measures, state, version) VALUES (?, ?, ?, 1)"
UPDATE = "UPDATE issue SET state = ?, version = version + 1 WHERE id = ? AND version = ?"


def live(office: Plain) -> None:
    """One issue from its report to its end."""
    with office.transaction():
        issue = office.run(INSERT, "杆线影响施工", "杆线迁移", "report").fetchone()[0]
        office.note(issue, "report", NOTICE)
    lock = "" if office.sqlite else " FOR UPDATE"
    for step in STEPS[1:]:
        with office.transaction():
            chosen = office.run(f"SELECT version FROM issue WHERE id = ?{lock}", issue)
            assert office.run(UPDATE, step, issue, chosen.fetchone()[0]).rowcount == 1
            if step == "breakdown":
                office.run(TASK, issue, "协调供电公司迁移", step)
            office.note(issue, step, NOTICE)


def main() -> None:
    """Tables, then lives."""
    office = Plain(given(), *TABLES)
    answer(lambda: live(office))


main()
