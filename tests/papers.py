"""Official documents as the tests prepare them: usual words for each kind, short steps."""

from __future__ import annotations

from typing import Any

from notifications.documents.kinds import KINDS
from tests.world import Moment, World
from workflow.context import find_actor
from workflow.documents import commands, files
from workflow.documents.commands import Draft, Issued

TYPED = {
    "cause": "多次催办后仍未按要求推进。",
    "requirements": "请主要负责人亲自协调，限期完成线路迁移。",
    "feedback_by": "2026-10-12",
    "basis": "重点项目攻坚推进工作机制",
    "feedback": "每周五前报送进展。",
    "reason": "",
    "self_check": "措施已全部落实，自查合格。",
    "before_after": "整改前后照片各两张。",
    "reasons": "验收资料不全。",
    "new_date": "2026-10-20",
    "remarks": "",
    "who": "建设局主要负责人",
    "when": "2026年10月12日14:00",
    "place": "管委会三楼会议室",
    "materials": "",
    "meeting": "重点项目攻坚调度会",
    "followup": "",
    "positions": "建设局：停电计划已报批。",
    "proposal": "由供电公司牵头，十月底前完成迁移。",
    "chair": "蒋明远",
    "present": "李文、孙建国、何建国",
    "decisions": "供电公司十月二十日前完成勘察。\n建设局组织施工，月底前完成。",
    "month": "2026年9月",
    "starts": "新开工项目3个，竣工1个。",
    "investment": "完成年度计划投资的72%。",
    "progress": "本月新增问题5个，销号4个。",
}


def typed(kind: str, **changed: str) -> dict[str, str]:
    """What is typed in for a kind; `requirements` of a bulletin stay empty unless given."""
    found = {one.name: TYPED[one.name] for one in KINDS[kind].fields}
    if kind == "bulletin":
        found["requirements"] = ""
    return found | changed


def prepare(
    world: World,
    kind: str,
    now: Moment,
    *,
    by: str = "triage",
    given: dict[str, str] | None = None,
    **asked: Any,
) -> Issued:
    """Prepare a document with the usual words."""
    draft = Draft(kind, given=given if given is not None else typed(kind), **asked)
    made: Issued = world.do(commands.prepare, by, now, draft=draft)
    return made


def signed(world: World, kind: str, now: Moment, *, signer: str = "chief", **asked: Any) -> Issued:
    """Prepared and signed."""
    made = prepare(world, kind, now, **asked)
    done: Issued = world.do(commands.sign, signer, now, document=made.id)
    return done


def issued(world: World, kind: str, now: Moment, *, signer: str = "chief", **asked: Any) -> Issued:
    """Prepared, signed and issued."""
    made = signed(world, kind, now, signer=signer, **asked)
    done: Issued = world.do(commands.issue, signer, now, document=made.id)
    return done


def content(world: World, document: int, form: str, *, by: str = "chief") -> bytes:
    """A document as a file."""
    with world.db.read() as s:
        return files.render(s, find_actor(s, by), document, form).content
