"""The pages of inspections, instructions, samples, evaluations and commitments."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from PIL import Image

from models import tables
from projects.evaluations import commitments, making
from projects.evaluations.commitments import Pledge
from projects.inspections import steps
from projects.inspections.choosing import Choice
from projects.inspections.issues import raise_issues
from projects.instructions import commands
from projects.instructions.commands import Order
from tests.integration.inspection_world import (
    NOW,
    change_project,
    inspection_row,
    noted,
    planned,
    with_sites,
)
from tests.portal import Portal
from tests.world import at

pytestmark = pytest.mark.one_database


@pytest.fixture
def zone(portal: Portal) -> tuple[Portal, dict[str, int]]:
    return portal.at(NOW), with_sites(portal.world)


def photo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "JPEG")
    return made.getvalue()


def test_an_inspection_is_planned_carried_out_and_closed_in_the_portal(zone: Any) -> None:
    portal, ids = zone
    inspector = portal.sign_in("inspector")
    made = inspector.fill(
        "/inspections/new",
        {"kind": "site", "title": "现场督查", "project": [str(ids["潞城储能"])],
         "leader": "principal"},
        form="/inspections/new",
    )  # fmt: skip
    assert made.status == 303, made.words
    path = made.location.partition("?")[0]
    shown = inspector.page(path)
    assert "潞城储能" in shown.words and "秦正" in shown.words
    entry = {"title": "围挡破损", "category": "其他", "project": str(ids["潞城储能"])}
    saved = inspector.fill(f"{path}/findings", entry, form="/findings")
    assert saved.status == 303
    again = inspector.page(saved.location)
    assert "围挡破损" in again.words and 'data-saved="' in again.text
    sent = inspector.fill(path, form="/issues")
    assert sent.location.endswith("done=issues&made=1")
    number = portal.world.row(tables.issue).number
    assert number in inspector.page(sent.location).words
    closed = inspector.fill(path, {"conclusion": "已转办"}, form="/close")
    assert closed.status == 303
    assert portal.world.row(tables.inspection).state == "closed"


def test_the_same_entry_sent_twice_is_one_finding(zone: Any) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"])
    inspector = portal.sign_in("inspector")
    path = f"/inspections/{key}/findings"
    form = inspector.page(path).form("/findings")
    values = {**form.values, "title": "杆线", "category": "杆线迁移"}
    assert [inspector.post(path, values).status for _n in range(2)] == [303, 303]
    assert len(portal.world.rows(tables.finding)) == 1


def test_a_photo_is_optional_and_goes_out_only_to_the_team_before_the_findings_are_sent(
    zone: Any,
) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"])
    inspector = portal.sign_in("inspector")
    path = f"/inspections/{key}/findings"
    entry = {"title": "裂缝", "category": "其他"}
    picture = [("photo", ("a.jpg", photo(), "image/jpeg"))]
    assert inspector.fill(path, entry, picture, form="/findings").status == 303
    assert (
        inspector.fill(path, {"title": "无照片", "category": "其他"}, form="/findings").status
        == 303
    )
    first, second = portal.world.rows(tables.finding)
    assert first.photo_sha256 and second.photo_sha256 is None
    address = f"/inspections/findings/{first.id}/photo"
    assert inspector.get(address).headers["content-type"] == "image/jpeg"
    assert inspector.get(address).headers["content-disposition"].startswith("attachment")
    inspector.page(f"/inspections/findings/{second.id}/photo", 404)
    portal.sign_in("lucheng_head").page(address, 404)
    portal.sign_in("henglin_head").page(address, 404)
    portal.world.do(raise_issues, "inspector", NOW, inspection=key)
    assert portal.sign_in("lucheng_head").get(address).status_code == 200
    portal.sign_in("henglin_head").page(address, 404)


def test_what_cannot_be_kept_is_said_on_the_form_and_nothing_typed_is_lost(zone: Any) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"])
    inspector = portal.sign_in("inspector")
    path = f"/inspections/{key}/findings"
    token = inspector.page(path).form("/findings").first("token")
    values = {"title": "裂缝", "category": "", "detail": "东侧", "token": token, "project": "1"}
    refused = inspector.send(path, values)
    assert refused.status == 422
    form = refused.form("/findings")
    assert (form.first("title"), form.first("detail"), form.first("token")) == (
        "裂缝",
        "东侧",
        token,
    )
    plan = inspector.send("/inspections/new", {"kind": "site", "title": "督查", "rule": "red",
                                               "starts_on": "2026-09-28"})  # fmt: skip
    assert plan.status == 422 and plan.form("/inspections/new").first("title") == "督查"


def test_findings_that_the_loop_refuses_show_their_reason_beside_them(zone: Any) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"])
    noted(portal.world, key, ids["潞城储能"])
    with portal.world.db.write() as s:
        s.execute(tables.finding.update().values(category="没有的类别"))
    inspector = portal.sign_in("inspector")
    sent = inspector.fill(f"/inspections/{key}", form="/issues")
    assert sent.location.endswith("done=issues&left=1")
    row = portal.world.row(tables.finding)
    assert row.refusal[0]["message"] in inspector.page(sent.location).words


def test_units_see_no_finding_before_it_is_sent_and_no_button(zone: Any) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"], ids["遥观传动"])
    noted(portal.world, key, ids["潞城储能"], title="秘密问题")
    head = portal.sign_in("lucheng_head")
    shown = head.page(f"/inspections/{key}")
    assert "秘密问题" not in shown.text and "遥观传动" not in shown.text
    assert [f.action for f in shown.forms if f.action not in ("/language", "/signout")] == []
    head.page(f"/inspections/{key}/findings", 403)
    portal.sign_in("henglin_head").page(f"/inspections/{key}", 404)
    portal.sign_in("auditor").page(f"/inspections/{key}", 403)
    for step in ("start", "issues", "close", "drop", "sites", "visit"):
        assert head.send(f"/inspections/{key}/{step}", {"reason": "x"}).status in (403, 404, 422)
    assert inspection_row(portal.world, key).state == "under_way"


def test_sites_are_put_in_another_order(zone: Any) -> None:
    portal, ids = zone
    first, second = ids["潞城储能"], ids["遥观传动"]
    key = planned(portal.world, first, second)
    inspector = portal.sign_in("inspector")
    order = {f"place_{first}": "2", f"place_{second}": "1"}
    assert inspector.fill(f"/inspections/{key}", order, form="/sites").status == 303
    rows = portal.world.rows(tables.inspection_site)
    assert {r.project_id: r.position for r in rows} == {first: 2, second: 1}
    gone = {f"place_{first}": "", f"place_{second}": "1"}
    inspector.fill(f"/inspections/{key}", gone, form="/sites")
    assert [r.project_id for r in portal.world.rows(tables.inspection_site)] == [second]


def test_findings_are_corrected_settled_and_struck_out(zone: Any) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"])
    one, two = (noted(portal.world, key, ids["潞城储能"]) for _n in range(2))
    inspector = portal.sign_in("inspector")
    path = f"/inspections/{key}"
    assert inspector.fill(path, {"title": "改后"}, form=f"/{one}/correct").status == 303
    assert inspector.fill(path, {"note": "当场解决"}, form=f"/{one}/settle").status == 303
    stale = {"inspection": str(key), "version": "7", "note": "晚了"}
    assert inspector.send(f"/inspections/findings/{two}/drop", stale).status == 409
    assert (
        inspector.send(f"/inspections/findings/{two}/drop", stale | {"version": "1"}).status == 303
    )
    states = {r.id: (r.title, r.state) for r in portal.world.rows(tables.finding)}
    assert states == {one: ("改后", "settled"), two: ("杆线影响施工", "dropped")}


@pytest.mark.parametrize("form, start", [("docx", b"PK"), ("pdf", b"%PDF")])
def test_the_report_of_a_closed_inspection_is_always_the_same_file(
    zone: Any, form: str, start: bytes
) -> None:
    portal, ids = zone
    key = planned(portal.world, ids["潞城储能"], choice=Choice("lot", size=3))
    noted(portal.world, key, portal.world.rows(tables.inspection_site)[0].project_id)
    portal.world.do(raise_issues, "inspector", NOW, inspection=key)
    portal.world.do(steps.close, "inspector", NOW, inspection=key, conclusion="好")
    inspector = portal.sign_in("inspector")
    found = [portal.at(day) and inspector.get(f"/inspections/{key}/report.{form}").content
             for day in (NOW, "2026-12-01 10:00")]  # fmt: skip
    assert found[0] == found[1] and found[0].startswith(start)
    inspector.page(f"/inspections/{key}/report.exe", 422)
    portal.sign_in("sysadmin").page(f"/inspections/{key}/report.{form}", 403)


def test_the_page_draws_a_lot_again(zone: Any) -> None:
    portal, _ids = zone
    key = planned(portal.world, choice=Choice("lot", size=2))
    row = inspection_row(portal.world, key)
    shown = portal.sign_in("principal").page(f"/inspections/{key}")
    assert row.draw["seed"] in shown.text
    samples = portal.sign_in("inspector").page("/inspections/samples?month=2026-09")
    assert f"/inspections/{key}#draw" in samples.links
    portal.sign_in("lucheng_head").page("/inspections/samples", 403)
    portal.sign_in("inspector").page("/inspections/samples?month=2026-13", 422)


def test_the_samples_of_look_backs_are_drawn_again(zone: Any) -> None:
    portal, _ids = zone
    case = portal.world.closed("2026-09-01 10:00")
    shown = portal.sign_in("inspector").page("/inspections/samples?month=2026-09")
    assert case.issue in shown.words
    assert "Drawn again just now" in shown.words or "刚才重新抽取" in shown.words
    assert "tag alarm" not in shown.text


def test_an_instruction_goes_its_way_in_the_portal(zone: Any) -> None:
    portal, ids = zone
    principal, zjj = portal.sign_in("principal"), portal.sign_in("zjj_liaison")
    made = principal.fill(
        f"/inspections/instructions/new?project={ids['潞城储能']}",
        {"text": "一周内解决", "unit": "zjj"}, form="/instructions/new",
    )  # fmt: skip
    assert made.status == 303, made.words
    path = made.location.partition("?")[0]
    assert zjj.fill(path, {"text": "已落实"}, form="/answer").status == 303
    inspector = portal.sign_in("inspector")
    assert inspector.fill(path, {"reason": "日期不明"}, form="/return").status == 303
    zjj.fill(path, {"text": "10月9日完成"}, form="/answer")
    assert inspector.fill(path, {"opinion": "同意"}, form="/accept").status == 303
    raised = inspector.fill(path, {"title": "杆线滞后", "category": "杆线迁移"}, form="/raise")
    assert raised.status == 303
    assert portal.world.row(tables.issue).number in inspector.page(path).words
    portal.sign_in("yaoguan_head").page(path, 404)
    assert portal.sign_in("henglin_head").send(f"{path}/answer", {"text": "x"}).status == 404
    zjj.page("/inspections/instructions/new", 403)
    assert path in zjj.page("/inspections/instructions?state=accepted").links
    assert path not in zjj.page("/inspections/instructions?state=late").links


def test_an_evaluation_goes_its_way_in_the_portal(zone: Any) -> None:
    portal, ids = zone
    world, project = portal.world, ids["潞城储能"]
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 28))
    chief = portal.sign_in("chief")
    commitment = {"indicator": "tax_per_mu", "op": ">=", "value": "40", "agreement": "投资协议"}
    attached = chief.fill(f"/projects/{project}/commitments", commitment, form="/commitments")
    assert attached.status == 303, attached.words
    own = world.row(tables.commitment).id
    change = {"value": "38", "reason": "补充协议"}
    assert (
        chief.fill(f"/projects/{project}/commitments", change, form=f"/{own}/change").status == 303
    )
    assert "40 → 38" in chief.page(f"/projects/{project}/commitments").words
    making.run(world.db, at(NOW))
    path = f"/evaluations/{world.row(tables.evaluation).id}"
    unit = portal.sign_in("lucheng_liaison")
    figures = {f"value_{code}": "12.5" for code in
               ("invest_per_mu", "output_per_mu", "tax_per_mu", "energy")}  # fmt: skip
    refused = unit.fill(path, figures, form="/figures")
    assert refused.status == 422 and refused.form("/figures").first("value_energy") == "12.5"
    given = figures | {"note_emission": "在线监测未联网"}
    assert unit.fill(path, given, form="/figures").status == 303
    assert portal.sign_in("triage").fill(path, {"reason": "核对"}, form="/send_back").status == 303
    unit.fill(path, given, form="/figures")
    assert "D" in chief.page(path).form("/grade").values["grade"]  # suggested by the one unmet
    assert chief.fill(path, form="/grade").status == 303
    raised = portal.sign_in("triage").fill(
        f"/projects/{project}/commitments", {"category": "其他"}, form="/raise"
    )
    assert raised.status == 303 and len(world.rows(tables.issue)) == 1
    portal.sign_in("henglin_head").page(path, 404)
    portal.sign_in("henglin_head").page(f"/projects/{project}/commitments", 404)
    assert path in portal.sign_in("lucheng_head").page("/evaluations?grade=D").links
    assert portal.sign_in("zjj_head").send(f"{path}/grade", {"grade": "A"}).status == 403


def test_a_projects_page_shows_its_visits_instructions_commitments_and_evaluation(
    zone: Any,
) -> None:
    portal, ids = zone
    world, project = portal.world, ids["潞城储能"]
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 28))
    key = planned(world, project)
    world.do(commands.give, "principal", NOW, form=Order("抓紧推进", "zjj", project=project))
    pledge = Pledge(">=", "600", "output_per_mu")
    world.do(commitments.attach, "triage", NOW, project=project, form=pledge)
    making.run(world.db, at(NOW))
    shown = portal.sign_in("chief").page(f"/projects/{project}")
    assert f"/inspections/{key}" in shown.links and "抓紧推进" in shown.words
    assert "/evaluations/1" in shown.links and "600" in shown.words


def test_the_lists_take_as_many_statements_for_forty_rows_as_for_four(zone: Any) -> None:
    from tests.acceptance.test_page_statements import asked

    portal, ids = zone
    world, project = portal.world, ids["潞城储能"]
    change_project(world, "潞城储能", in_production_on=date(2025, 9, 28))
    making.run(world.db, at(NOW))
    key = planned(world, *ids.values())

    def grow(n: int) -> None:
        for k in range(n):
            noted(world, key, project)
            planned(world, project)
            order = Order(f"抓紧，第{n}批第{k}件", "zjj", project=project, inspection=key)
            world.do(commands.give, "principal", NOW, form=order)
            pledge = Pledge(">=", "600", "", name="就业", unit="人")
            world.do(commitments.attach, "triage", NOW, project=project, form=pledge)

    paths = ("/inspections", f"/inspections/{key}", f"/inspections/{key}/findings",
             "/inspections/instructions", "/inspections/samples", "/evaluations",
             "/evaluations/1", f"/projects/{project}/commitments", f"/projects/{project}",
             "/inspections/new", "/inspections/instructions/1")  # fmt: skip
    counts = []
    for n in (2, 18):
        grow(n)
        chief = portal.sign_in("chief")
        counts.append({path: asked(portal, chief, path) for path in paths})
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 45
