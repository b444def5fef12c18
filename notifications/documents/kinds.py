"""The kinds of document, each declared once: legal form, signer, number, what must be typed in."""

from __future__ import annotations

from dataclasses import dataclass

from config.i18n import N_
from config.roles import Role

FORM, LETTER, NOTICE, BULLETIN, MINUTES = "form", "letter", "notice", "bulletin", "minutes"
"""Legal forms: a form table (no statutory 文种), 函, 通知, 通报, 纪要."""
LAYOUTS = {FORM: "form", LETTER: "letter", NOTICE: "file", BULLETIN: "file", MINUTES: "file"}
LONG = 2_000


@dataclass(frozen=True, slots=True)
class Field:
    """What somebody types in. `sort` is `line`, `text`, `date` or `moment` (a day, mostly with a
    time, as people write it); `least` counts characters."""

    name: str
    label: str
    sort: str = "text"
    needed: bool = True
    least: int = 1
    most: int = LONG
    suggested: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    `about`: `tasks` (of one lead unit), `task` (exactly one), `issue` (exactly one), `issues`
    (some) or `none`. `ruling` names the kind of request whose ruling it tells. `series` is the word
    in its number; without one it stays a list inside the system and has none (burden reduction).
    `issuer`: whose it is, `bureau`, `lead` (the task's lead unit) or `own` (the preparer's unit).
    """

    name: str
    zh: str
    en: str
    form: str
    about: str
    preparers: tuple[str, ...]
    signers: tuple[str, ...]
    series: str = ""
    fields: tuple[Field, ...] = ()
    ruling: str = ""
    issuer: str = "bureau"

    @property
    def layout(self) -> str:
        """The layout that its legal form takes."""
        return LAYOUTS[self.form]

    def title(self, language: str) -> str:
        """Its name in a language."""
        return self.zh if language.startswith("zh") else self.en


_OFFICE = (Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR)
_CHIEF = (Role.OFFICE_CHIEF,)
_LEADERS = (Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR)
_DIRECTOR = (Role.DEPUTY_DIRECTOR,)

_ORDER = (
    Field("cause", N_("Why it is supervised")),
    Field("requirements", N_("What is required")),
    Field("feedback_by", N_("Answer by"), "date"),
)
_WHEN = Field(
    "when", N_("When"), "moment", most=100,
    help=N_("A day with its time, e.g. 2026-10-12 14:00. Other words have their own fields."),
)  # fmt: skip
_TALK = (
    Field("who", N_("Who is invited"), "line", most=200),
    _WHEN,
    Field("place", N_("Where"), "line", most=200),
    Field("reasons", N_("Reasons for the interview")),
    Field("materials", N_("Materials to bring"), needed=False),
)
_MEETING = Field("meeting", N_("Meeting"), "line", most=60, suggested="重点项目攻坚调度会")

_DECLARED = (
    Kind(
        "dispatch_order", "交办单", "Dispatch order", FORM, "tasks", _OFFICE, _CHIEF,
        fields=(
            Field("basis", N_("Basis"), "line", most=200, suggested="重点项目攻坚推进工作机制"),
            Field(
                "feedback", N_("Rule on feedback"), most=500,
                suggested="签收后明确责任领导和责任人，办理期间按期报送进展，办结后提交销号申请。",
            ),
        ),
    ),
    Kind(
        "urge_notice", "催办通知", "Urging notice", FORM, "tasks", _OFFICE,
        (Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF),
        fields=(Field("reason", N_("Remarks"), needed=False),),
    ),
    Kind(
        "supervision_order", "督办单", "Supervision order", FORM, "tasks", _OFFICE, _CHIEF, "督",
        _ORDER,
    ),
    Kind(
        "supervision_letter", "督办函", "Letter of supervision", LETTER, "tasks", _OFFICE, _LEADERS,
        "督函", _ORDER,
    ),
    Kind(
        "supervision_notice", "督办通知", "Notice of supervision", NOTICE, "tasks", _OFFICE,
        _LEADERS, "督通", _ORDER,
    ),
    Kind(
        "extension_ruling", "延期批复", "Ruling on an extension", FORM, "task", _OFFICE, _LEADERS,
        "延", ruling="extension",
    ),
    Kind(
        "return_ruling", "退单裁定", "Ruling on a return", FORM, "task", _OFFICE, _CHIEF, "退",
        ruling="return",
    ),
    Kind(
        "closure_application", "销号申请表", "Application for closure", FORM, "task",
        (Role.UNIT_LEADER, Role.UNIT_LIAISON), (Role.UNIT_LEADER,), "销申",
        (
            Field("self_check", N_("Self-check")),
            Field("before_after", N_("Before and after"), needed=False),
        ),
        issuer="lead",
    ),
    Kind(
        "closure_refusal", "不予销号通知", "Closure refused", FORM, "task",
        (*_OFFICE, Role.VERIFIER), (Role.VERIFIER, Role.OFFICE_CHIEF), "不销",
        (
            Field("reasons", N_("Reasons")),
            Field("requirements", N_("Additional requirements"), least=10),
            Field("new_date", N_("New date"), "date"),
        ),
        issuer="own",
    ),
    Kind(
        "closure_notice", "销号通知", "Closure notice", FORM, "issue", _OFFICE, _LEADERS, "销",
        (Field("remarks", N_("Remarks"), needed=False),),
    ),
    Kind(
        "interview_notice", "约谈通知", "Interview notice", NOTICE, "tasks", _OFFICE, _DIRECTOR,
        "约通", _TALK,
    ),
    Kind(
        "interview_letter", "约谈函", "Letter of interview", LETTER, "tasks", _OFFICE, _DIRECTOR,
        "约函", _TALK,
    ),
    Kind(
        "meeting_agenda", "调度会议题", "Meeting agenda", FORM, "issues", _OFFICE, _CHIEF, "议",
        (
            _MEETING,
            _WHEN,
            Field("place", N_("Where"), "line", needed=False, most=200),
            Field("followup", N_("Follow-up of the last meeting"), needed=False, most=6_000),
            Field("positions", N_("Positions of the units"), needed=False, most=6_000),
            Field("proposal", N_("Proposal"), most=6_000),
        ),
    ),
    Kind(
        "meeting_minutes", "会议纪要", "Minutes of a meeting", MINUTES, "issues", _OFFICE,
        _DIRECTOR, "纪",
        (
            _MEETING,
            _WHEN,
            Field("chair", N_("Chair"), "line", most=100),
            Field("present", N_("Present"), most=1_000),
            Field("decisions", N_("Decisions, one a line"), most=12_000),
        ),
    ),
    Kind(
        "bulletin", "情况通报", "Bulletin", BULLETIN, "none", _OFFICE, _DIRECTOR, "通报",
        (
            Field("month", N_("Month"), "line", most=30),
            Field("starts", N_("Starts and completions of projects"), most=4_000),
            Field("investment", N_("Investment"), most=4_000),
            Field("progress", N_("Progress of issues"), most=4_000),
            Field("requirements", N_("What is required next"), needed=False),
        ),
    ),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.name: kind for kind in _DECLARED}
