"""Importing a ledger in the portal: everything is shown first, and only the uploader applies it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest

from models import tables
from tests.portal import Browser, Page, Portal, Upload
from tests.world import World
from workflow.commands.assignment import dispatch
from workflow.ledgers import uploaded
from workflow.ledgers.uploaded import SHIPPED

pytestmark = pytest.mark.one_database

HEADERS = (
    "编号", "项目名称", "无项目说明", "所属板块", "类别", "问题名称", "问题描述", "紧急程度",
    "是否重大", "发现日期", "对策措施", "牵头单位", "配合单位", "时限类别", "办理工作日",
    "完成时限", "备注",
)  # fmt: skip
ROW = {
    "无项目说明": "片区共性问题", "所属板块": "潞城街道", "类别": "杆线",
    "问题名称": "杆线影响施工", "问题描述": "杆线横穿厂房",
    "紧急程度": "一般", "是否重大": "否", "发现日期": "2026/9/1",
}  # fmt: skip
READY = ROW | {"对策措施": "协调迁移", "牵头单位": "建设局", "时限类别": "复杂"}
TYPE = "text/csv"


def ledger(*rows: dict[str, str]) -> Upload:
    """A ledger in the bureau's usual form, rows numbered A-1, A-2, ..."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADERS)
    writer.writeheader()
    writer.writerows({"编号": f"A-{n}"} | row for n, row in enumerate(rows, 1))
    return "ledger", ("台账.csv", stream.getvalue().encode(), TYPE)


def upload(browser: Browser, *files: Upload) -> Page:
    """Send the form of the upload."""
    return browser.fill("/issues/import", files=list(files))


def counts(page: Page) -> dict[str, int]:
    """The counts that a page tells, by name."""
    found = re.findall(r'data-count="(\w+)">(\d+)<', page.text)
    return {name: int(n) for name, n in found if int(n)}


def apply(browser: Browser, shown: Page, **options: str) -> Page:
    """Send the form of the preview."""
    form = shown.form("apply")
    assert options.keys() <= form.names
    return browser.post(form.action, {**form.values, **options})


def key_of(shown: Page) -> str:
    """The hash that names what was previewed."""
    return str(shown.form("apply").values["key"][0])


def kept(portal: Portal) -> list[Path]:
    """Folders of uploads that wait."""
    return list((portal.folder / "imports").glob("*/*"))


def imports(world: World) -> list[tuple[str, dict[str, object]]]:
    """What the system's history tells of imports."""
    found = world.rows(tables.event, stream="system")
    return [(e.tag, e.data) for e in found if e.tag.startswith("ledger.")]


def test_nothing_is_written_before_it_is_applied(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    triage.page("/issues/import")
    before = world.dump()
    shown = upload(triage, ledger(READY, ROW))
    assert shown.status == 200
    assert world.dump() == before
    assert counts(shown) == {"taken": 2}
    assert "A-2" in shown.words and "杆线影响施工" in shown.words


def test_rows_become_issues_and_the_hand_over_stays_the_chiefs(
    portal: Portal, world: World
) -> None:
    triage = portal.sign_in("triage")
    done = apply(triage, upload(triage, ledger(READY, ROW)))
    assert (done.status, counts(done)) == (200, {"taken": 2})
    assert [(i.source_id, i.state) for i in world.rows(tables.issue)] == [
        ("A-1", "triaging"),
        ("A-2", "reported"),
    ]
    (task,) = world.rows(tables.task)
    assert (task.measures, task.dispatched_at) == ("协调迁移", None)
    assert kept(portal) == []
    assert {e.actor_id for e in world.rows(tables.event) if e.stream.startswith("issue:")} == {
        world.people["triage"]
    }
    link = next(path for path in done.links if path.startswith("/issues?source="))
    assert 'data-total="2"' in triage.page(link).text


def test_many_rows_are_previewed_and_applied_whole(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    rows = [READY | {"问题名称": f"第{n}处杆线"} for n in range(60)]
    before = world.dump()
    faulty = upload(triage, ledger(*rows[:40], ROW | {"类别": "天气"}, *rows[40:]))
    assert counts(faulty) == {"taken": 60, "refused": 1}
    assert "天气" in faulty.words
    refused = apply(triage, faulty)
    assert (refused.status, counts(refused)) == (409, {"held_back": 60, "refused": 1})
    assert world.rows(tables.issue) == [] and world.rows(tables.task) == []
    assert len(world.rows(tables.notice)) == len(before["notice"])
    done = apply(triage, upload(triage, ledger(*rows)))
    assert (done.status, counts(done)) == (200, {"taken": 60})
    assert [i.title for i in world.rows(tables.issue)] == [row["问题名称"] for row in rows]
    assert counts(upload(triage, ledger(*rows))) == {"unchanged": 60}


def test_the_history_tells_who_imported_what(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    shown = upload(triage, ledger(READY))
    assert imports(world) == []
    apply(triage, shown)
    (begun, first), (ended, facts) = imports(world)
    assert (begun, ended) == ("ledger.import_begun", "ledger.imported")
    assert first["sha256"] == facts["sha256"] == key_of(shown)
    assert (facts["file"], facts["taken"], facts["written"]) == ("台账.csv", 1, True)


def test_every_difference_is_shown_field_by_field_and_applied_on_request(
    portal: Portal, world: World
) -> None:
    triage = portal.sign_in("triage")
    apply(triage, upload(triage, ledger(READY, ROW)))
    changed = ledger(READY, ROW | {"问题描述": "杆线横穿两处厂房"})
    shown = upload(triage, changed)
    assert counts(shown) == {"changed": 1, "unchanged": 1}
    assert "<del>杆线横穿厂房</del>" in shown.text and "<ins>杆线横穿两处厂房</ins>" in shown.text
    assert "问题描述" in shown.words
    left = apply(triage, shown)
    assert counts(left) == {"changed": 1, "unchanged": 1}
    assert world.row(tables.issue, source_id="A-2").description == "杆线横穿厂房"
    done = apply(triage, upload(triage, changed), update="1")
    assert counts(done) == {"updated": 1, "unchanged": 1}
    assert world.row(tables.issue, source_id="A-2").description == "杆线横穿两处厂房"
    assert counts(upload(triage, changed)) == {"unchanged": 2}


def test_a_change_beyond_the_officers_rights_is_told_before_it_is_tried(
    portal: Portal, world: World
) -> None:
    triage = portal.sign_in("triage")
    apply(triage, upload(triage, ledger(READY)))
    (issue,) = world.rows(tables.issue)
    world.do(dispatch, "chief", portal.now, issue=issue.number)
    shown = upload(triage, ledger(READY | {"对策措施": "改为入地"}))
    assert counts(shown) == {"changed": 1}
    assert shown.text.count("<del>协调迁移</del>") == 1
    assert 'data-part="not-updated"' in shown.text
    done = apply(triage, shown, update="1")
    assert (done.status, counts(done)) == (409, {"refused": 1})
    assert [t.measures for t in world.rows(tables.task)] == ["协调迁移"]
    assert not imports(world)[-1][1]["written"]


def test_a_refused_row_holds_back_the_others_unless_the_good_ones_are_wanted(
    portal: Portal, world: World
) -> None:
    triage = portal.sign_in("triage")
    bad = ROW | {"类别": "无此类别"}
    shown = upload(triage, ledger(READY, bad))
    assert counts(shown) == {"taken": 1, "refused": 1}
    assert "类别" in shown.words and "无此类别" in shown.words
    refused = apply(triage, shown)
    assert (refused.status, counts(refused)) == (409, {"refused": 1, "held_back": 1})
    assert world.rows(tables.issue) == []
    done = apply(triage, refused)  # the page offers the good rows
    assert (done.status, counts(done)) == (200, {"taken": 1, "refused": 1})
    assert len(world.rows(tables.issue)) == 1


def test_a_second_apply_takes_nothing_twice_and_says_why(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    shown = upload(triage, ledger(READY))
    apply(triage, shown)
    before = world.dump()
    again = apply(triage, shown)
    assert again.status == 422
    assert world.dump() == before


def test_an_upload_is_its_uploaders_only_and_lasts_a_day(portal: Portal, world: World) -> None:
    triage, other = portal.sign_in("triage"), portal.sign_in("triage2")
    shown = upload(triage, ledger(READY))
    key = key_of(shown)
    before = world.dump()
    assert other.send("/issues/import/apply", {"key": key}).status == 422
    portal.at(portal.now + timedelta(days=1, minutes=1))
    assert triage.send("/issues/import/apply", {"key": key}).status == 422
    after = world.dump()
    assert {name for name in after if after[name] != before[name]} <= {"login_session"}
    assert len(kept(portal)) == 1
    upload(other, ledger(ROW))
    assert [path.parent.name for path in kept(portal)] == [str(world.people["triage2"])]


@pytest.mark.parametrize("key", ["", "../../..", "x" * 64, "0" * 64, "%2e%2e/", "a" * 63])
def test_a_key_leads_nowhere_but_to_an_upload(portal: Portal, key: str) -> None:
    answer = portal.sign_in("triage").send("/issues/import/apply", {"key": key})
    assert answer.status == 422


@pytest.mark.parametrize("who", ["chief", "zjj_head", "sysadmin", "principal"])
def test_nobody_else_imports(portal: Portal, world: World, who: str) -> None:
    browser = portal.sign_in(who)
    before = world.dump()
    assert browser.get("/issues/import").status_code == 403
    assert browser.send("/issues/import", {}, [ledger(READY)]).status == 403
    assert browser.send("/issues/import/apply", {"key": "0" * 64}).status == 403
    assert world.dump() == before
    assert kept(portal) == []


def test_a_form_of_another_site_is_refused(portal: Portal) -> None:
    triage = portal.sign_in("triage")
    assert triage.post("/issues/import", {"csrf": "x"}, [ledger(READY)]).status == 403
    assert kept(portal) == []


@pytest.mark.parametrize(
    "name, content",
    [
        ("台账.csv", b""),
        ("台账.xlsx", b"PK\x03\x04 broken"),
        ("台账.csv", b"PK\x03\x04 a workbook"),
        ("台账.csv", '编号,问题描述\nA-1,"没有结尾'.encode()),
        ("台账.csv", b"\xff\xfe\x00\x01\xff"),
        ("台账.csv", "完全,不同\n1,2\n".encode()),
        ("台账.exe", b"MZ"),
        ("台账", b"x"),
    ],
)
def test_what_cannot_be_read_is_said_and_leaves_the_form(
    portal: Portal, name: str, content: bytes
) -> None:
    answer = upload(portal.sign_in("triage"), ("ledger", (name, content, TYPE)))
    assert answer.status == 422
    assert 'role="alert"' in answer.text
    assert answer.form("import").names >= {"ledger", "mapping"}


def test_without_a_file_the_form_says_so(portal: Portal) -> None:
    answer = portal.sign_in("triage").send("/issues/import", {})
    assert answer.status == 422
    assert 'role="alert"' in answer.text


def test_bounds_name_the_command_line(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    triage = portal.sign_in("triage")
    monkeypatch.setattr(uploaded, "MAX_ROWS", 2)
    assert upload(triage, ledger(ROW, ROW)).status == 200
    longer = upload(triage, ledger(ROW, ROW, ROW))
    assert longer.status == 422
    assert "xiaohao import" in longer.words
    monkeypatch.setattr(uploaded, "MAX_BYTES", 100)
    assert upload(triage, ledger(ROW)).status == 422


@pytest.mark.parametrize(
    "text", ["not toml", "source_system = 'x'", SHIPPED.read_text("utf-8") + "\n[wrong]\na=1\n"]
)
def test_a_faulty_mapping_is_named_key_by_key(portal: Portal, text: str) -> None:
    own = ("mapping", ("own.toml", text.encode(), "application/toml"))
    answer = upload(portal.sign_in("triage"), ledger(ROW), own)
    assert answer.status == 422
    assert "own.toml" in answer.words


@pytest.mark.parametrize("encoding", ["zlib", "undefined", "klingon"])
def test_an_encoding_that_is_none_is_a_fault_of_the_mapping(portal: Portal, encoding: str) -> None:
    text = f'encoding = "{encoding}"\n' + SHIPPED.read_text("utf-8")
    own = ("mapping", ("own.toml", text.encode(), "application/toml"))
    assert upload(portal.sign_in("triage"), ledger(ROW), own).status == 422


def test_an_own_mapping_reads_an_own_ledger(portal: Portal, world: World) -> None:
    triage = portal.sign_in("triage")
    mapping = (
        'source_system = "own"\n[columns]\nsource_id = "no"\ndescription = "what"\n'
        '[defaults]\ncategory = "杆线迁移"\nno_project_reason = "片区"\n'
    )
    files = (
        ("ledger", ("own.csv", b"no,what\n1,lines\n", TYPE)),
        ("mapping", ("own.toml", mapping.encode(), "application/toml")),
    )
    assert counts(apply(triage, upload(triage, *files))) == {"taken": 1}
    assert world.row(tables.issue).source_system == "own"


def test_what_a_ledger_says_is_never_markup(portal: Portal) -> None:
    triage = portal.sign_in("triage")
    nasty = '<script>alert("x")</script>'
    shown = upload(triage, ledger(ROW | {"问题名称": nasty}, ROW | {"类别": nasty}))
    assert counts(shown) == {"taken": 1, "refused": 1}
    assert "<script>alert" not in shown.text
    name = ("ledger", (f"{nasty}.csv", b"", TYPE))
    assert "<script>alert" not in upload(triage, name).text
