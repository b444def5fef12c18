"""A life through SpiffWorkflow: a BPMN process, kept as JSON between its steps.

SpiffWorkflow has no persistence of its own but a serialiser; as its own example does, the
specification is stored once and each step loads, advances and stores the state of its process.
"""

# mypy: ignore-errors
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from answering import NOTICE, STEPS, answer, given
from plain import Plain
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

TABLE = "CREATE TABLE issue (id {key}, title TEXT, category TEXT, state TEXT, process TEXT)"


class Office(Plain):
    """A connection, the specification, and the serialiser."""

    def __init__(self, database: dict[str, Any]) -> None:
        super().__init__(database, TABLE)
        parser = BpmnParser()
        parser.add_bpmn_file(str(Path(__file__).with_name("issue.bpmn")))
        self.spec = parser.get_spec("issue")
        self.serializer = BpmnWorkflowSerializer()
        self.stored_spec: Any = None

    def dump(self, workflow: BpmnWorkflow) -> str:
        """The state of a process without its specification."""
        found = self.serializer.to_dict(workflow)
        self.stored_spec = found.pop("spec")
        return json.dumps(found, ensure_ascii=False)

    def load(self, text: str) -> BpmnWorkflow:
        """A process from its state."""
        return self.serializer.from_dict(json.loads(text) | {"spec": self.stored_spec})


def live(office: Office) -> None:
    """One issue from its report to its end."""
    with office.transaction():
        workflow = BpmnWorkflow(office.spec)
        workflow.do_engine_steps()
        row = office.run(
            "INSERT INTO issue (title, category, state, process) VALUES (?, ?, ?, ?) RETURNING id",
            "杆线影响施工", "杆线迁移", "report", office.dump(workflow),
        )  # fmt: skip
        issue = row.fetchone()[0]
        office.note(issue, "report", NOTICE)
    for step in STEPS[1:]:
        _step(office, step, issue)
    assert office.run("SELECT state FROM issue WHERE id = ?", issue).fetchone()[0] == "close"
    office.conn.commit()


def _step(office: Office, step: str, issue: int) -> None:
    lock = "" if office.sqlite else " FOR UPDATE"
    with office.transaction():
        chosen = office.run(f"SELECT process FROM issue WHERE id = ?{lock}", issue)
        workflow = office.load(chosen.fetchone()[0])
        task = workflow.get_next_task(state=TaskState.READY)
        assert task.task_spec.name == step
        task.data["text"] = "已进场施工"
        task.run()
        workflow.do_engine_steps()
        assert workflow.completed == (step == "close")
        office.run(
            "UPDATE issue SET state = ?, process = ? WHERE id = ?",
            step, office.dump(workflow), issue,
        )  # fmt: skip
        office.note(issue, step, NOTICE)


def main() -> None:
    """Tables, then lives."""
    office = Office(given())
    answer(lambda: live(office))


main()
