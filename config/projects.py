"""Words of the project side that tables and rules share (domain rules §10, S2 2.1, S3 3.5)."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The six stages of S2, in their order: 意向、签约、预备、开工、竣工、评估."""

    INTENTION = "intention"
    SIGNED = "signed"
    PREPARING = "preparing"
    STARTED = "started"
    COMPLETED = "completed"
    EVALUATION = "evaluation"


STAGES: tuple[str, ...] = tuple(Stage)


class ListCode(StrEnum):
    """Lists that a project may be on, several at once: 省、市、区、工业列统."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    INDUSTRIAL = "industrial"


LISTS: tuple[str, ...] = tuple(ListCode)


class Duty(StrEnum):
    """The chain of responsibility: 包联领导、牵头单位、属地板块、责任人、项目专员, and the leader
    in charge (分管领导)."""

    SPONSOR = "sponsor"
    LEAD_UNIT = "lead_unit"
    BOARD = "board"
    RESPONSIBLE = "responsible"
    IN_CHARGE = "in_charge"
    COMMISSIONER = "commissioner"


DUTIES: tuple[str, ...] = tuple(Duty)


class Nature(StrEnum):
    """新建、扩建、技改."""

    NEW = "new"
    EXPANSION = "expansion"
    RENOVATION = "renovation"


NATURES: tuple[str, ...] = tuple(Nature)
TAG_KINDS: tuple[str, ...] = ("chain", "action", "evaluation", "other")
