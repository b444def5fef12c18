"""The library's filter as an address, and what its form offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from config.i18n import gettext as _
from config.project_rules import project_rules
from config.projects import LISTS, STAGES
from models.queries.library import ProjectFilter
from models.queries.paging import LIGHTS
from projects.library.asked import NAMES, NO_BOARD_CODE, read
from web.call import Call
from workflow.errors import Malformed, Reason
from workflow.wording import unit_label, word

Query = dict[str, list[str]]


@dataclass(slots=True)
class Asked:
    """A filter as it was asked for: what it means, the address it came from, what was wrong."""

    wanted: ProjectFilter
    query: Query = field(default_factory=dict)
    errors: tuple[Reason, ...] = ()


def given(call: Call) -> Asked:
    """The filter of this request. What cannot be read is said, and narrows nothing."""
    params = call.request.query_params
    query = {n: [v for v in params.getlist(n) if v.strip()] for n in NAMES}
    query = {name: values for name, values in query.items() if values}
    try:
        return Asked(read(call.directory, query), query)
    except Malformed as error:
        return Asked(ProjectFilter(), {}, error.reasons)


def choices(call: Call, years: Iterable[int]) -> dict[str, list[tuple[str, str]]]:
    """What the filter's selects offer."""
    units = sorted((u for u in call.directory.units.values() if u.active), key=lambda u: u.id)
    people = call.directory.with_role("commissioner")
    return {
        "list": [(code, word("list", code)) for code in LISTS],
        "year": [(str(year), str(year)) for year in years],
        "stage": [(code, word("stage", code)) for code in STAGES],
        "light": [(code, word("light", code)) for code in LIGHTS],
        "board": [*((u.code, unit_label(u)) for u in units if u.is_board),
                  (NO_BOARD_CODE, _("no board"))],
        "band": [(band.code, band.name) for band in project_rules().bands],
        "commissioner": [(p.username, p.name) for p in people],
    }  # fmt: skip
