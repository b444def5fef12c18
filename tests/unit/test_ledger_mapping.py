"""A mapping says which column means what; its faults are named with key and remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import ConfigurationError, Fault
from config.policy import parse_policy
from workflow.ledgers.cases import Case, read_cases
from workflow.ledgers.decode import Decoder, Entry
from workflow.ledgers.faults import RowFault
from workflow.ledgers.mapping import Mapping, load_mapping, parse_mapping
from workflow.ledgers.moments import parse_moment
from workflow.ledgers.reader import Row

EXAMPLES = Path(__file__).parents[2] / "examples"
SHANGHAI, BOSTON = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
PLAIN = 'source_system = "zone"\n[columns]\nsource_id = "编号"\n'


def faults(source: str) -> list[Fault]:
    """What is wrong with a mapping."""
    with pytest.raises(ConfigurationError) as caught:
        parse_mapping(source, "map.toml")
    assert all(f.file.startswith("map.toml") and f.remedy for f in caught.value.faults)
    return caught.value.faults


def decoded(mapping: Mapping, **cells: str) -> Entry:
    """A row with these cells, decoded."""
    return Decoder(mapping, SHANGHAI)(Row(7, {"编号": "A-1"} | cells))


# ---------------------------------------------------------------- faults of the file


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("source_system = 'zone'", "columns"),
        ("[columns]\nsource_id = '编号'", "source_system"),
        (PLAIN + "titel = '题'", "columns.titel"),
        (PLAIN + "title = ''", "columns.title.0"),
        (PLAIN + "title = []", "columns.title"),
        (PLAIN + "title = 3", "columns.title"),
        (PLAIN + "[defaults]\ncolour = 'red'", "defaults.colour"),
        (PLAIN + "[values.colour]\nred = '红'", "values.colour"),
        (PLAIN + "[import]\ndispach = true", "import.dispach"),
        (PLAIN + "[replay]\nnumber = 'ID'", "replay.opened"),
        ("timezone = 'Mars/Olympus'\n" + PLAIN, "timezone"),
        ("encoding = 'klingon'\n" + PLAIN, "encoding"),
        ("delimiter = '|'\n" + PLAIN, "delimiter"),
        ("header_row = 0\n" + PLAIN, "header_row"),
        ("source_system = \n", "(file)"),
        (PLAIN + "[policy.deadline]\nallow_pst = true", "deadline.allow_pst"),
        (PLAIN + "[policy.policy]\ntimezone = 'Mars/Olympus'", "timezone"),
    ],
)
def test_each_fault_is_named_with_its_key(source: str, key: str) -> None:
    assert key in [fault.key for fault in faults(source)]


def test_all_faults_are_named_at_once() -> None:
    found = faults("encoding = 'klingon'\n" + PLAIN + "[defaults]\ncolour = 'red'")
    assert {fault.key for fault in found} == {"encoding", "defaults.colour"}


def test_a_mapping_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        load_mapping(tmp_path / "nowhere.toml")
    (tmp_path / "gbk.toml").write_bytes("# 台账".encode("gb18030"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_mapping(tmp_path / "gbk.toml")


def test_a_header_that_the_ledger_lacks_is_named_with_those_it_has() -> None:
    mapping = parse_mapping(PLAIN + "title = '名称'\ndescription = ['问题', '说明']", "map.toml")
    mapping.check(["编号", "名称", "问题", "说明", "备注"])
    with pytest.raises(ConfigurationError) as caught:
        mapping.check(["编号", "名称", "说明"])
    (fault,) = caught.value.faults
    assert (fault.key, "问题" in fault.message) == ("columns.description", True)
    assert "编号, 名称, 说明" in fault.remedy


# ---------------------------------------------------------------- values


def test_values_are_joined_mapped_and_defaulted() -> None:
    mapping = parse_mapping(
        PLAIN + "description = ['原因', '类型']\ncategory = '类别'\nurgent = '急'\n"
        "[defaults]\ncategory = '其他'\ndays = 7\nmajor = true\n"
        "[values.category]\n'路灯' = '杆线迁移'\n'*' = '用地'\n"
        "[values.urgent]\n'特急' = '是'\n"
    )
    row = {"原因": "路灯", "类型": "不亮", "急": "特急"}
    assert decoded(mapping, **row, 类别="路灯").payload == {
        "description": "路灯 / 不亮",
        "category": "杆线迁移",
        "urgent": "true",
        "days": "7",
        "major": "true",
    }
    assert decoded(mapping, **row, 类别="井盖").text("category") == "用地"
    assert decoded(mapping, **row, 类别=" ").text("category") == "其他"


def test_a_missing_column_is_only_its_default() -> None:
    mapping = parse_mapping(PLAIN + "title = '题'\n[defaults]\nlead = 'zjj'\n")
    assert mapping.fields() == ["source_id", "title", "lead"]
    assert decoded(mapping, 题="甲").payload == {"title": "甲", "lead": "zjj"}


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("urgent", "也许", "是 或 否"),
        ("days", "七天", ""),
        ("days", "0", ""),
        ("days", "1001", ""),
        ("found_on", "昨天", "2026-03-02"),
        ("found_on", "2026-02-30", "2026-03-02"),
        ("deadline", "0026-01-01", "2026-03-02"),
        ("deadline", "9999-12-31", "2026-03-02"),
        ("title", "长" * 201, "200"),
        ("description", "a\x00b", "20000"),
        ("source_id", "", ""),
    ],
)
def test_a_cell_that_is_no_such_value_is_a_fault(column: str, cell: str, code: str) -> None:
    extra = "" if column == "source_id" else f"{column} = '列'\n"
    entry = decoded(parse_mapping(PLAIN + extra), **{"列" if extra else "编号": cell})
    (fault,) = entry.faults
    assert (fault.row, fault.column) == (7, "列" if extra else "编号")
    assert fault.value == (cell if len(cell) < 80 else f"{cell[:80]}…")
    assert fault.message
    assert code in fault.remedy or fault.remedy


def test_every_fault_of_a_row_is_named() -> None:
    mapping = parse_mapping(PLAIN + "title = '题'\ndays = '日'\ndeadline = '限'\n")
    entry = decoded(mapping, 编号="A\x07", 题="\x00", 日="x", 限="y")
    assert [fault.column for fault in entry.faults] == ["编号", "题", "日", "限"]


def test_supporting_units_are_split_at_every_usual_mark() -> None:
    mapping = parse_mapping(PLAIN + "co_units = '配合'\n")
    entry = decoded(mapping, 配合="建设局、供电公司，潞城街道; 财政局\n建设局,")
    assert entry.units() == ("建设局", "供电公司", "潞城街道", "财政局")


def test_a_deadline_keeps_its_time_or_stays_a_date() -> None:
    mapping = parse_mapping(PLAIN + "deadline = '限'\nfound_on = '发现'\n")
    assert decoded(mapping, 限="2026/3/2", 发现="2026年3月1日").payload == {
        "deadline": "2026-03-02",
        "found_on": "2026-03-01",
    }
    assert decoded(mapping, 限="2026-03-02 01:00Z", 发现="2026-03-01T20:00+00").payload == {
        "deadline": "2026-03-02T09:00+08:00",
        "found_on": "2026-03-02",
    }


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    "text",
    [
        "2015-01-13 03:24:54",
        "2015-01-13T03:24:54",
        "2015-01-13 03:24:54.000",
        "2015-01-13 08:24:54+00",
        "2015-01-13 08:24:54 +00:00",
        "2015-01-13T08:24:54Z",
        "2015-01-13 08:24:54 UTC",
        "2015/1/13 3:24:54",
        "2015年1月13日 03:24:54",
        "2015-01-13 03:24:54.0000001",
        " 2015-01-13 03:24:54 ",
    ],
)
def test_a_time_is_understood_in_every_usual_spelling(text: str) -> None:
    expected = datetime(2015, 1, 13, 8, 24, 54, tzinfo=UTC)
    assert parse_moment(text, BOSTON) == expected


def test_a_mapping_can_name_further_spellings() -> None:
    formats = ("%m/%d/%Y %I:%M:%S %p", "%d.%m.%y")
    assert parse_moment("01/13/2015 03:24:54 PM", BOSTON, formats) == datetime(
        2015, 1, 13, 15, 24, 54, tzinfo=BOSTON
    )
    assert parse_moment("13.01.15", BOSTON, formats) == date(2015, 1, 13)


@pytest.mark.parametrize("text", ["", "3月2日", "2026-13-01", "2026", "12:30", "45000", "n/a", "x"])
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(text, SHANGHAI)


@given(st.text())
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    try:
        found = parse_moment(text, SHANGHAI)
    except ValueError:
        return
    assert 1990 <= found.year <= 2149


# ---------------------------------------------------------------- the shipped examples


def test_a_policy_is_laid_over_the_shipped_one() -> None:
    policy = parse_policy(load_mapping(EXAMPLES / "boston311.toml").policy_source())
    assert policy.policy.timezone == "America/New_York"
    assert policy.deadline.allow_past
    assert policy.deadline.allow_open_ended
    assert not policy.deadline.fixed_dates_roll
    assert len(policy.ladder) == 7


def test_the_public_ledger_is_read_whole() -> None:
    mapping = load_mapping(EXAMPLES / "boston311.toml")
    cases = [c for c in read_cases(EXAMPLES / "boston311.csv", mapping) if isinstance(c, Case)]
    assert len(cases) == 2497
    first = cases[0]
    assert (first.number, first.unit, first.verdict) == ("101001246379", "PWDx", "ONTIME")
    assert first.opened == datetime(2015, 1, 13, 3, 24, 54, tzinfo=BOSTON)
    assert first.description == (
        "Street Lights / General Lighting Request / Downtown / Financial District"
    )
    assert {c.category for c in cases} <= set(parse_policy(mapping.policy_source()).categories)


def test_the_city_judged_by_the_times_of_its_ledger() -> None:
    mapping = load_mapping(EXAMPLES / "boston311.toml")
    for case in read_cases(EXAMPLES / "boston311.csv", mapping):
        assert isinstance(case, Case)
        if case.target is not None and case.closed is not None:
            assert (case.closed <= case.target) == (case.verdict == "ONTIME"), case.number


def test_a_case_may_lack_what_history_lacks(tmp_path: Path) -> None:
    path = tmp_path / "other_half.csv"
    path.write_text(
        "CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,OnTime_Status,TYPE,REASON,Department,"
        "neighborhood\n"
        "1,2015-01-13T03:24:54.123,, ,,New Kind,Unheard Of,XXXX,Nowhere\n"
        "2,2015-01-13 08:24:54+00,2015-01-14 08:24:54+00,,OVERDUE,,,,\n"
        "3,,2015-01-14,soon,,,,,\n"
        ",2015-01-13,2015-01-14,,,,,,,,extra\n",
        encoding="utf-8",
    )
    mapping = load_mapping(EXAMPLES / "boston311.toml")
    one, two, *bad = read_cases(path, mapping)
    assert isinstance(one, Case)
    assert isinstance(two, Case)
    assert (one.target, one.closed, one.category, one.unit) == (None, None, "其他", "XXXX")
    assert (two.title, two.category, two.unit) == ("Service request", "其他", "Unknown")
    assert two.opened == datetime(2015, 1, 13, 3, 24, 54, tzinfo=BOSTON)
    assert [(f.row, f.column) for f in bad if isinstance(f, RowFault)] == [
        (4, "CLOSED_DT"),
        (4, "OPEN_DT"),
        (5, ""),
        (5, "CASE_ENQUIRY_ID"),
    ]


def test_a_ledger_without_replay_columns_cannot_be_replayed() -> None:
    with pytest.raises(ConfigurationError, match="replay"):
        read_cases(EXAMPLES / "bureau_ledger.csv", load_mapping(EXAMPLES / "bureau_ledger.toml"))


def test_the_sample_ledger_is_marked_and_fits_its_mapping() -> None:
    mapping = load_mapping(EXAMPLES / "bureau_ledger.toml")
    ledger = mapping.open(EXAMPLES / "bureau_ledger.csv")
    mapping.check(ledger.headers)
    entries = [Decoder(mapping, SHANGHAI)(row) for row in ledger.rows]
    assert len(entries) == 12
    assert not [fault for entry in entries for fault in entry.faults]
    assert all("演示数据" in entry.text("title") for entry in entries)
