"""State machines as diagrams, drawn from the definition itself so that they cannot lie."""

from __future__ import annotations

from config.i18n import current_language
from config.workflow_definition import MachineDefinition, State, Transition

FORMATS = ("mermaid", "dot")


def diagram(part: MachineDefinition, form: str) -> str:
    """A machine as Mermaid or Graphviz text. Raises ValueError for another format."""
    if form == "mermaid":
        return _mermaid(part)
    if form == "dot":
        return _dot(part)
    raise ValueError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")


def _label(state: State) -> str:
    return state.zh if current_language().startswith("zh") else state.en


def _edges(part: MachineDefinition) -> list[tuple[str, str, Transition]]:
    return [(source, t.dest, t) for t in part.transitions for source in t.source]


def _mermaid(part: MachineDefinition) -> str:
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_label(state)}" as {name}' for name, state in part.states.items()]
    lines.append(f"    [*] --> {part.initial}")
    lines += [f"    {source} --> {dest}: {t.trigger}" for source, dest, t in _edges(part)]
    lines += [f"    {name} --> [*]" for name, state in part.states.items() if state.terminal]
    return "\n".join(lines) + "\n"


def _dot(part: MachineDefinition) -> str:
    lines = ["digraph {", "    rankdir=LR;", "    node [shape=box, style=rounded];"]
    for name, state in part.states.items():
        shape = ", peripheries=2" if state.terminal else ""
        lines.append(f'    {name} [label="{_label(state)}"{shape}];')
    lines.append(f"    start [shape=point]; start -> {part.initial};")
    for source, dest, t in _edges(part):
        dashed = ", style=dashed" if t.roles == ("system",) else ""
        lines.append(f'    {source} -> {dest} [label="{t.trigger}"{dashed}];')
    return "\n".join([*lines, "}"]) + "\n"
