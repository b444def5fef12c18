"""A bureau with fourteen units and their people, to be filled with issues."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.db import Database
from models.queries.people import add_person, add_unit
from workflow.setup import install

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=ZONE)
"""The usual present of what is measured."""
UNITS: tuple[tuple[str, str, str, bool], ...] = (
    ("jfj", "经济发展局", "bureau", False),
    ("dzb", "党政办公室", "leadership", False),
    ("henglin", "横林镇", "town", True),
    ("yaoguan", "遥观镇", "town", True),
    ("hengshanqiao", "横山桥镇", "town", True),
    ("lucheng", "潞城街道", "street", True),
    ("dingyan", "丁堰街道", "street", True),
    ("qishuyan", "戚墅堰街道", "street", True),
    ("zjj", "建设局", "department", False),
    ("zgj", "资规分局", "department", False),
    ("sthj", "生态环境分局", "department", False),
    ("spj", "行政审批局", "department", False),
    ("czj", "财政局", "department", False),
    ("gdgs", "供电公司", "external", False),
)
OFFICERS = (
    ("triage", "triage_officer"),
    ("chief", "office_chief"),
    ("director", "deputy_director"),
    ("inspector", "inspector"),
    ("commissioner", "commissioner"),
)
PEOPLE = (
    ("head", "head", ("unit_leader",)),
    ("liaison", "liaison", ("unit_liaison",)),
    ("reporter", "staff", ("reporter",)),
    ("verifier", "staff", ("verifier",)),
)


def found_bureau(db: Database, now: datetime = NOW - timedelta(days=1200)) -> None:
    """Install policy, workflow and calendar; found fourteen units with their people."""
    with db.write() as s:
        install(s, now)
        ids = {
            code: add_unit(s, code=code, name=name, kind=kind, is_board=board)
            for code, name, kind, board in UNITS
        }
        for name, role in OFFICERS:
            add_person(s, username=name, name=name, unit_id=ids["jfj"], roles=(role,))
        for code, unit_id in ids.items():
            for name, post, roles in PEOPLE:
                add_person(
                    s,
                    username=f"{code}_{name}",
                    name=f"{code}_{name}",
                    unit_id=unit_id,
                    post=post,
                    roles=roles,
                )
