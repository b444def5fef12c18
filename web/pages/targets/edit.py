"""/targets/{plan}/edit: head, rows, formulas, monthly tasks and gates of a plan."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from config.i18n import gettext as _
from config.projects import LISTS
from projects.figures.amounts import number
from projects.figures.words import KINDS, figure, formula_word, meant
from projects.figures.words import LISTS as LIST_WORDS
from projects.targets import commands as targets
from projects.targets.checks import Gate, Line
from projects.targets.formulas import FORMULAS
from projects.targets.sheet import EMPTY_LINE, Sheet, revised, sheet_of, value_text
from web.call import Call, reading, writing
from web.forms import check_csrf, posted, text
from web.late import LateRoute
from web.pages.targets.common import Data
from web.pages.targets.form import of_office, version, whole_number
from web.pages.targets.plans import head_of
from web.templating import page, url
from workflow.errors import Malformed, Reason, WorkflowError

router = APIRouter(route_class=LateRoute)
Part = Annotated[str, Path(pattern="^(head|line|remove-line|metric|shares|gate|remove-gate)$")]
LineId = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("/targets/{plan_id:int}/edit")
def form(request: Request, plan_id: int, line: LineId = None, done: str = "") -> HTMLResponse:
    """Everything of a plan that the office may change; `line`: the row in the form."""
    with reading(request) as call:
        of_office(call)
        return _form(call, plan_id, line)


@router.post("/targets/{plan_id:int}/edit/{part}")
def change(
    request: Request, plan_id: int, part: Part, sent: FormData = Depends(posted)
) -> Response:  # fmt: skip
    """Change one part of it."""
    try:
        with writing(request) as call:
            check_csrf(call, sent)
            of_office(call)
            _DO[part](call, plan_id, sent, version(sent))
        return RedirectResponse(url(f"/targets/{plan_id}/edit", done=part), status_code=303)
    except WorkflowError as error:
        if error.status in (403, 404):
            raise
        with reading(request) as call:
            line = text(sent, "target")
            chosen = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else None
            return _form(call, plan_id, chosen, part, sent, error.reasons, error.status)


def _head(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    targets.change_plan(
        call.s, plan_id=plan_id, head=head_of(sent), expected_version=seen, actor=call.person,
        now=call.now,
    )  # fmt: skip


def _line(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    target = whole_number(sent, "target") if text(sent, "target") else None
    targets.put_line(
        call.s, plan_id=plan_id, line=line_of(sent), expected_version=seen, actor=call.person,
        now=call.now, target_id=target,
    )  # fmt: skip


def line_of(sent: FormData) -> Line:
    """A row as the form states it; "2-3" is a range. Raises `Malformed`."""
    names = ("level", "region", "metric", "unit", "source", "value", "op", "kind", "note")
    return revised(EMPTY_LINE, {name: text(sent, name) for name in names})


def _line_remove(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    targets.remove_line(
        call.s, plan_id=plan_id, target_id=whole_number(sent, "target"), expected_version=seen,
        actor=call.person, now=call.now,
    )  # fmt: skip


def _metric(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    level, metric = _pair(sent)
    targets.set_metric(
        call.s, plan_id=plan_id, level=level, metric=metric, formula=text(sent, "formula"),
        list_code=text(sent, "list_code"), baseline=text(sent, "baseline").strip()[:200],
        expected_version=seen, actor=call.person, now=call.now,
    )  # fmt: skip


def _shares(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    level, metric = _pair(sent) if text(sent, "pair") else ("", "")
    given = {n: number(text(sent, f"share_{n}"), f"share_{n}") for n in range(1, 13)}
    shares: dict[int, Decimal] = {n: v for n, v in given.items() if v is not None}
    targets.set_shares(
        call.s, plan_id=plan_id, shares=shares, level=level, metric=metric, expected_version=seen,
        actor=call.person, now=call.now,
    )  # fmt: skip


def _gate(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    gate = Gate(
        text(sent, "level").strip(), text(sent, "name").strip(), whole_number(sent, "month"),
        text(sent, "formula"), text(sent, "list_code"),
        number(text(sent, "threshold"), "threshold") or Decimal(), text(sent, "source").strip(),
    )  # fmt: skip
    targets.put_gate(
        call.s, plan_id=plan_id, gate=gate, expected_version=seen, actor=call.person, now=call.now
    )


def _gate_remove(call: Call, plan_id: int, sent: FormData, seen: int | None) -> None:
    targets.remove_gate(
        call.s, plan_id=plan_id, gate_id=whole_number(sent, "gate"), expected_version=seen,
        actor=call.person, now=call.now,
    )  # fmt: skip


_DO: dict[str, Callable[[Call, int, FormData, int | None], None]] = {
    "head": _head, "line": _line, "remove-line": _line_remove, "metric": _metric,
    "shares": _shares, "gate": _gate, "remove-gate": _gate_remove,
}  # fmt: skip


def _pair(sent: FormData) -> tuple[str, str]:
    """Level and metric, as one choice carries them."""
    level, tab, metric = text(sent, "pair").partition("\t")
    if not tab:
        message = _("Choose a metric.")
        raise Malformed(Reason("metric", message, "pair", _("Choose one of the list.")))
    return level, metric


def _form(
    call: Call, plan_id: int, line: int | None, part: str = "", sent: FormData | None = None,
    errors: tuple[Reason, ...] = (), status: int = 200,
) -> HTMLResponse:  # fmt: skip
    plan = targets.find_plan(call.s, plan_id)
    sheet = sheet_of(call.s, plan)
    chosen = next((row for row in sheet.lines if row.id == line), None)
    return page(
        call, "targets/edit.html", status, plan=plan, part=part, errors=errors, chosen=chosen,
        given={name: text(sent, name) for name in sent} if sent is not None else {},
        lines=[_row(row) for row in sheet.lines], **_parts(sheet),
        formulas=[(name, f.label) for name, f in FORMULAS.items()],
        rates=[(name, f.label) for name, f in FORMULAS.items() if f.kind == "rate"],
        lists=[(code, _(LIST_WORDS[code])) for code in LISTS],
        chosen_value=value_text(chosen) if chosen is not None else "",
        kind_words={kind: _(word) for kind, word in KINDS.items()},
        kinds=[(kind, _(word)) for kind, word in KINDS.items()],
    )  # fmt: skip


def _row(row: Any) -> Data:
    return {
        "id": row.id, "level": row.level, "region": row.region, "metric": row.metric,
        "unit": row.unit, "kind": row.kind, "note": row.note,
        "target": meant(row.op, row.value, row.value_to),
    }  # fmt: skip


def _parts(sheet: Sheet) -> Data:
    """Formulas, monthly tasks and gates of the plan."""
    pairs = list(dict.fromkeys((row.level, row.metric) for row in sheet.lines))
    how = {(m.level, m.metric): m for m in sheet.metrics}
    return {
        "pairs": [(f"{level}\t{metric}", f"{level} · {metric}" if level else metric)
                  for level, metric in pairs],
        "metrics": [
            {"level": level, "metric": metric, "how": formula_word(m.formula if m else ""),
             "list": _(LIST_WORDS[m.list_code]) if m and m.list_code else ""}
            for level, metric in pairs for m in [how.get((level, metric))]
        ],
        "shares": [
            {"level": s.level, "metric": s.metric, "month": s.month, "share": figure(s.share)}
            for s in sheet.shares
        ],
        "gates": [
            {"id": g.id, "level": g.level, "name": g.name, "month": g.month,
             "how": formula_word(g.formula), "list": _(LIST_WORDS.get(g.list_code, "")),
             "threshold": figure(g.threshold), "source": g.source}
            for g in sheet.gates
        ],
    }  # fmt: skip
