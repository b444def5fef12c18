"""What is looked up of a machine is what the definition says, state by state."""

from __future__ import annotations

from itertools import product

import pytest

from config.workflow_definition import WorkflowDefinition, parse_workflow, shipped_workflow
from workflow.errors import IllegalTransition
from workflow.machine import loop


@pytest.fixture(scope="module")
def definition() -> WorkflowDefinition:
    return parse_workflow(shipped_workflow())


@pytest.mark.parametrize("kind", ["issue", "task"])
def test_every_trigger_leads_from_its_sources_to_its_destination_and_from_nowhere_else(
    definition: WorkflowDefinition, kind: str
) -> None:
    part, machine = definition.machine(kind), loop(definition, kind)
    known = {(source, t.trigger): t.dest for t in part.transitions for source in t.source}
    for state, trigger in product(part.states, {t.trigger for t in part.transitions}):
        if (state, trigger) in known:
            assert machine.fire(state, trigger) == known[state, trigger]
        else:
            with pytest.raises(IllegalTransition):
                machine.fire(state, trigger)


def test_an_unknown_trigger_is_refused(definition: WorkflowDefinition) -> None:
    with pytest.raises(IllegalTransition):
        loop(definition, "issue").fire("reported", "vanish")
