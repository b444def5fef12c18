"""Rows that say the same mean the same, however many came between them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from workflow.ledgers.decode import KEPT, Decoder
from workflow.ledgers.mapping import parse_mapping
from workflow.ledgers.reader import Row

MAPPING = parse_mapping(
    'source_system = "zone"\n[columns]\nsource_id = "编号"\nmeasures = ["措施", "说明"]\n'
    'days = "天"\nlimit = "限"\n[values.limit]\n"一般" = "ordinary"\n'
    '[defaults]\nlimit = "complex"\n',
    "map.toml",
)


def decoder() -> Decoder:
    return Decoder(MAPPING, ZoneInfo("Asia/Shanghai"))


def row(number: int, **cells: str) -> Row:
    return Row(number, {"编号": f" A-{number} "} | cells)


def test_each_row_with_a_wrong_text_is_told_so() -> None:
    decode = decoder()
    wrong = [decode(row(n, 天="many")) for n in (2, 3)]
    assert [[(f.row, f.column, f.value) for f in entry.faults] for entry in wrong] == [
        [(2, "天", "many")],
        [(3, "天", "many")],
    ]


def test_a_text_means_the_same_in_every_row_and_only_in_its_field() -> None:
    decode = decoder()
    found = [decode(row(n, 天="07", 措施="07", 限=limit)) for n, limit in enumerate(("一般", ""))]
    assert [entry.payload for entry in found] == [
        {"measures": "07", "days": "7", "limit": "ordinary"},
        {"measures": "07", "days": "7", "limit": "complex"},
    ]
    assert [entry.source_id for entry in found] == ["A-0", "A-1"]


def test_columns_are_joined_before_their_meaning_is_looked_up() -> None:
    decode = decoder()
    told = [decode(row(1, 措施=a, 说明=b)).text("measures") for a, b in (("改", "线"), ("", "线"))]
    assert told == ["改 / 线", "线"]


def test_more_texts_than_are_remembered_are_read_as_well() -> None:
    decode, once = decoder(), decoder()
    for n in (*range(KEPT + 20), 3, KEPT):
        entry = decode(row(n, 措施=f"第 {n} 处 ", 天=str(n % 900 + 1)))
        assert entry.payload == {"measures": f"第 {n} 处", "days": str(n % 900 + 1)} | {
            "limit": "complex"
        }
        assert decode.identity(row(n)) == once.identity(row(n)) == entry.source_id == f"A-{n}"
