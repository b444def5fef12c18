"""What the sources say of a named project, read conservatively: its lists and its stage.

The sources state a level ("省重大(2024年新列)") and a stage or an aim in words ("目标2024开工",
"加快建设", "已投运"). An aim is no fact: a project that is to be started is in preparation. Where
the text names no day, the day of the source is the day since when the stage is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from config.projects import ListCode, Stage

SOURCES: dict[str, date] = {
    "000_a502fd6c91fffced.txt": date(2024, 3, 9),
    "001_5b6d1887a8841cc9.txt": date(2023, 12, 27),
    "002_eab89ddd611342ea.txt": date(2018, 3, 1),
    "003_8ccd692208c8b727.txt": date(2022, 2, 26),
    "004_e1d7565df54ea9d1.txt": date(2024, 11, 1),
}
"""The day of each source (of the last only the month is known)."""

_NEWLY = re.compile(r"([0-9]{4})年新列")
_LEVELS = (
    ("省重大", ListCode.PROVINCE), ("市级以上重大", ListCode.CITY), ("市重大", ListCode.CITY),
    ("区重点", ListCode.DISTRICT), ("工业列统", ListCode.INDUSTRIAL),
)  # fmt: skip
_AIMS = re.compile(r"^(目标|[0-9]{4}民生实事|[0-9]{4}全面启动)")
_DONE = ("已投运", "已投产", "新建成", "已建成", "建成", "创成", "启用", "投用", "竣工验收完成")
_BEGUN = ("正式开工", "加快建设", "奠基", "主体建设", "个重点项目开工")
_UNDER_WAY = ("推进", "实施", "完成", "设立", "受让土地使用权", "启动建设", "目标")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a list, as a source states it."""

    list_code: str
    year: int
    carried_over: bool
    note: str


def place_of(level: str, source: str) -> Place | None:
    """The list that a level names, in the source's year. A project that was listed newly in an
    earlier year is carried over; 市级以上 names no list above the city's, so it counts there."""
    told = next((code for text, code in _LEVELS if level.startswith(text)), None)
    day = SOURCES.get(source)
    if told is None or day is None:
        return None
    newly = _NEWLY.search(level)
    return Place(str(told), day.year, newly is not None and int(newly[1]) < day.year, level)


def stage_of(text: str) -> Stage | None:
    """The stage that a text states; None where it states none."""
    if not text:
        return None
    if _AIMS.match(text):
        return Stage.PREPARING
    if any(words in text for words in _BEGUN):
        return Stage.STARTED
    if any(words in text for words in _DONE):
        return Stage.COMPLETED
    return Stage.PREPARING if any(words in text for words in _UNDER_WAY) else None
