"""The pure parts of demands: credit codes, terms, likeness, proposals, months, states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from config.policy import parse_policy, shipped_policy
from projects.demands.credit_code import ALPHABET, check_character, checked
from projects.demands.recurring import Line, last_months, rises
from projects.demands.settling import outcome
from projects.demands.suggesting import Past, suggest, words_in
from projects.search.finding import FEWEST_ASKED, likeness, rarest, weight
from projects.search.terms import terms_of
from workflow.errors import Malformed

POLICY = parse_policy(shipped_policy())
NOW = datetime(2026, 9, 28, 2, tzinfo=UTC)
CODES = ("91350100M000100Y43", "91110000600037341L", "91440300708461136T")
"""Published: an example of the standard's explanations, and two of listed companies."""


@pytest.mark.parametrize("code", CODES)
def test_published_credit_codes_pass(code: str) -> None:
    assert checked(code) == code


def test_a_credit_code_is_tidied_and_may_be_missing() -> None:
    assert checked(" 91350100m000100y43 ") == CODES[0]
    assert checked("９１３５０１００Ｍ０００１００Ｙ４３") == CODES[0]
    assert checked("  ") == ""


@pytest.mark.parametrize("code", CODES)
def test_every_slip_of_one_character_is_noticed(code: str) -> None:
    for place in range(18):
        for other in ALPHABET:
            if other != code[place]:
                with pytest.raises(Malformed) as refusal:
                    checked(code[:place] + other + code[place + 1 :])
                assert refusal.value.reasons[0].field == "credit_code"


@pytest.mark.parametrize("text", ["9135", "91350100I000100Y43", "91350100M000100Y4３4", "企业"])
def test_what_is_no_credit_code_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        checked(text)


def test_the_check_character_may_be_zero() -> None:
    codes = (f"91350100M0001{n:04d}"[:17].ljust(17, "0") for n in range(400))
    assert {check_character(code) for code in codes} >= {"0", "Y"}


def test_terms_are_characters_and_pairs_of_them_and_words() -> None:
    assert terms_of("环评") == ["环", "评", "环评"]
    assert terms_of("ＶＯＣs排放 10kV") == ["vocs", "排", "放", "排放", "10kv"]
    assert terms_of("杆线的迁移") == ["杆", "线", "杆线", "迁", "移", "迁移"]
    assert terms_of("，。！") == []


def test_a_text_is_like_itself_and_more_like_the_nearer_one() -> None:
    words = {t: weight(2, 100) for t in terms_of("10千伏高压线影响施工")}
    own = likeness(words, set(words))
    near = likeness(words, set(terms_of("高压线没有迁走影响吊装")))
    far = likeness(words, set(terms_of("孩子九月入学材料太多")))
    assert own == 1.0
    assert own > near > far == 0.0


def test_rare_terms_weigh_more() -> None:
    assert weight(1, 1000) > weight(10, 1000) > weight(900, 1000) > 0


def test_a_proposal_names_the_words_and_the_cases_that_speak_for_it() -> None:
    past = [Past("杆线迁移", "WT-2026-000001", 0.4), Past("用地", "WT-2026-000002", 0.1)]
    first, second = suggest(POLICY, "地块北侧高压线需要迁改", past)[:2]
    assert (first.category, first.unit) == ("杆线迁移", POLICY.categories["杆线迁移"].lead)
    assert first.words == ("高压线", "迁改")
    assert first.past == ("WT-2026-000001",)
    assert second.category == "用地" and second.share < first.share
    assert abs(first.share + second.share - 1) < 1e-9


def test_the_board_leads_where_the_policy_says_so() -> None:
    (first, *_rest) = suggest(POLICY, "路灯一直没装，道路破损", [], board="lucheng")
    assert (first.category, first.unit) == ("施工配套", "lucheng")


def test_nothing_is_proposed_where_nothing_speaks_for_it() -> None:
    assert suggest(POLICY, "您好", []) == []
    assert suggest(POLICY, "您好", [Past("没有这一类", "WT-1", 0.9)]) == []


def test_a_word_within_a_longer_one_is_told_once() -> None:
    assert words_in("节能审查", {"节能审批": ("节能", "节能审查")}) == {"节能审批": ("节能审查",)}


@pytest.mark.parametrize("name", POLICY.demands.words)
def test_the_shipped_words_belong_to_categories(name: str) -> None:
    assert name in POLICY.categories


def test_months_are_counted_back_over_a_year() -> None:
    assert last_months("2026-02", 4) == ["2025-11", "2025-12", "2026-01", "2026-02"]


def test_a_rise_takes_half_as_many_again_and_three_at_least() -> None:
    months = last_months("2026-06", 6)
    flat = Line("用地", {"2026-01": 3, "2026-05": 2, "2026-06": 1})
    steep = Line("用地", {"2026-01": 2, "2026-05": 2, "2026-06": 2})
    few = Line("用地", {"2026-06": 2})
    assert [rises(line, months) for line in (flat, steep, few)] == [False, True, False]
    assert not rises(Line("用地", {"2026-01": 3, "2026-06": 4}), months)


def demand(state: str, *, answer: str = "", linked: datetime | None = NOW) -> SimpleNamespace:
    return SimpleNamespace(state=state, answer=answer, linked_at=linked)


def issue(state: str, closed: datetime | None = None) -> SimpleNamespace:
    return SimpleNamespace(state=state, closed_at=closed)


LATER, BEFORE = NOW + timedelta(days=9), NOW - timedelta(days=9)


@pytest.mark.parametrize(
    ("given", "of_issue", "wanted"),
    [
        (demand("received", linked=None), None, "received"),
        (demand("taken_up"), issue("in_progress"), "taken_up"),
        (demand("taken_up"), issue("closed", LATER), "answered"),
        (demand("taken_up"), issue("closed", BEFORE), "taken_up"),
        (demand("taken_up"), issue("rejected"), "taken_up"),
        (demand("disputed"), issue("closed", LATER), "disputed"),
        (demand("disputed"), issue("in_progress"), "taken_up"),
        (demand("answered"), issue("in_progress"), "taken_up"),
        (demand("answered", answer="请向税务部门咨询"), issue("in_progress"), "answered"),
        (demand("confirmed"), issue("in_progress"), "confirmed"),
        (demand("declined"), issue("rejected"), "declined"),
    ],
)
def test_a_demand_follows_its_issue(
    given: SimpleNamespace, of_issue: SimpleNamespace | None, wanted: str
) -> None:
    assert outcome(given, of_issue) == wanted


def test_the_rarest_terms_are_asked_for_within_the_budget() -> None:
    docs = {f"常{n}": 3_000 for n in range(20)} | {"杆线": 5}
    chosen = rarest([*docs, "新词"], docs)
    assert chosen[:2] == ["新词", "杆线"]
    assert len(chosen) == FEWEST_ASKED
    few = {f"词{n}": 10 for n in range(50)}
    assert len(rarest(list(few), few)) == 50
