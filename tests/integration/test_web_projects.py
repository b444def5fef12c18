"""The pages of the project library, as their readers drive them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from models import tables
from projects.library import commands as library
from projects.library import duties, listings, stages, tags
from tests.forms import Form
from tests.integration.library_kit import CODE, NOW, added, row, rows
from tests.portal import Portal
from web.pages.projects.notices import done_text

pytestmark = pytest.mark.one_database

LIST = "项目名称,项目代码,建设单位,总投资(亿元),备注\n"


def sent(form: Form, **changed: str) -> dict[str, Any]:
    return {**form.values, **changed}


def test_the_list_shows_what_its_reader_may_know_of_and_narrows(portal: Portal) -> None:
    world = portal.world
    one = added(world, "潞城项目", code=CODE, total_invest_yi="12")
    two = added(world, "横林项目", board="henglin")
    world.do(listings.enlist, "chief", NOW, project_id=one, list_code="city", year=2026)
    world.do(stages.reach, "chief", NOW, project_id=two, stage="started", since=date(2026, 3, 1))
    chief = portal.sign_in("chief")
    page = chief.page("/projects")
    assert f"/projects/{one}" in page.links
    assert f"/projects/{two}" in page.links
    for query, found in {
        "list=city&year=2026": [one], "list=province": [], "stage=started": [two],
        "board=henglin": [two], "q=潞城": [one], "band=band_10": [one], "light=red": [two],
        "without_code=1": [two],
    }.items():  # fmt: skip
        links = chief.page(f"/projects?{query}").links
        assert [k for k in (one, two) if f"/projects/{k}" in links] == found, query
    street = portal.sign_in("lucheng_head").page("/projects")
    assert f"/projects/{two}" not in street.links
    assert "横林项目" not in street.text


def test_the_totals_are_links_to_the_lists_behind_them(portal: Portal) -> None:
    world = portal.world
    for n in range(3):
        added(world, f"项目{n}")
    world.do(stages.reach, "chief", NOW, project_id=rows(world, tables.project)[0].id,
             stage="started", since=date(2026, 3, 1))  # fmt: skip
    chief = portal.sign_in("chief")
    page = chief.page("/projects")
    assert "/projects?stage=started" in page.links
    assert 'data-total="1"' in chief.page("/projects?stage=started").text
    assert 'data-total="2"' in chief.page("/projects?stage=intention").text


def test_what_cannot_be_read_in_the_address_is_said_and_narrows_nothing(portal: Portal) -> None:
    added(portal.world)
    chief = portal.sign_in("chief")
    for query in ("stage=demolished", "year=26", "board=zjj", "cursor=x", "band=huge"):
        page = chief.page(f"/projects?{query}", 422)
        assert 'data-total="1"' in page.text, query


def test_a_long_list_has_pages_that_show_every_project_once(portal: Portal) -> None:
    for n in range(53):
        added(portal.world, f"项目{n:02}")
    chief = portal.sign_in("chief")
    first = chief.page("/projects")
    [onward] = [link for link in first.links if "cursor=" in link]
    second = chief.page(onward)
    shown = [link for p in (first, second) for link in p.links
             if re.fullmatch(r"/projects/[0-9]+", link)]  # fmt: skip
    assert len(shown) == len(set(shown)) == 53


def test_a_project_is_added_and_corrected_in_the_portal(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    form = chief.page("/projects/new").form("/projects/new")
    wrong = chief.post("/projects/new", sent(form, name="甲", code="2413-320412-89-01-123456"))
    assert wrong.status == 422
    assert 'value="甲"' in wrong.text
    made = chief.post("/projects/new", sent(form, name="甲", code=CODE, board="lucheng"))
    [project] = rows(portal.world, tables.project)
    assert made.location == f"/projects/{project.id}?done=added"
    form = chief.page(f"/projects/{project.id}/edit").form("/edit")
    chief.post(form.action, sent(form, owner="甲公司"))
    assert row(portal.world, project.id).owner == "甲公司"
    stale = chief.post(form.action, sent(form, owner="乙公司"))
    assert stale.status == 409
    assert row(portal.world, project.id).owner == "甲公司"


def test_who_answers_gets_a_form_of_what_it_reports(portal: Portal) -> None:
    key = added(portal.world, contact_phone="13800000000")
    street = portal.sign_in("lucheng_liaison")
    form = street.page(f"/projects/{key}/edit").form("/edit")
    assert set(form.values) == {"csrf", "version", "contact", "contact_phone", "address",
                                "physical_progress", "note"}  # fmt: skip
    street.post(form.action, sent(form, physical_progress="主体封顶"))
    assert row(portal.world, key).physical_progress == "主体封顶"
    assert portal.sign_in("lucheng_reporter").get(f"/projects/{key}/edit").status_code == 403
    assert portal.sign_in("henglin_head").get(f"/projects/{key}/edit").status_code == 404


def test_a_telephone_is_shown_only_to_who_answers_and_the_office(portal: Portal) -> None:
    key = added(portal.world, contact_phone="13800000000")
    portal.world.do(library.edit, "chief", NOW, project_id=key,
                    values={"contact_phone": "13911111111"})  # fmt: skip
    shown = {
        who: "13911111111" in portal.sign_in(who).page(f"/projects/{key}").text
        for who in ("chief", "triage", "lucheng_head", "director", "zjj_head", "lucheng_reporter")
    }
    assert shown == {"chief": True, "triage": True, "lucheng_head": True, "director": False,
                     "zjj_head": False, "lucheng_reporter": False}  # fmt: skip
    assert (
        "13800000000" not in portal.sign_in("director").page(f"/projects/{key}").text
    )  # history, too


@pytest.mark.parametrize(
    ("act", "given", "table"),
    [
        ("stage", {"stage": "signed", "since": "2026-09-01"}, "project_stage"),
        ("duty", {"role": "sponsor", "name": "某领导", "since": "2026-09-01"}, "project_duty"),
        ("listing", {"list_code": "city", "year": "2026"}, "project_listing"),
        ("tag", {"kind": "action", "tag": "重大项目突破行动"}, "project_tag"),
    ],
)
def test_every_act_has_its_form(
    portal: Portal, act: str, given: dict[str, str], table: str
) -> None:
    key = added(portal.world, board="")
    chief = portal.sign_in("chief")
    form = chief.page(f"/projects/{key}/do/{act}").form(f"/do/{act}")
    assert chief.post(form.action, sent(form, **given)).location == f"/projects/{key}?done={act}"
    assert len(rows(portal.world, getattr(tables, table), project_id=key)) == 1
    page = chief.page(f"/projects/{key}?done={act}")
    assert 'role="status"' in page.text
    again = chief.post(form.action, sent(form, **given))
    assert again.status in (409, 422)  # the page is old now


def test_lists_are_left_responsibilities_end_and_tags_go(portal: Portal) -> None:
    world = portal.world
    key = added(world, board="")
    entry = world.do(listings.enlist, "chief", NOW, project_id=key, list_code="city", year=2026).of
    world.do(duties.assign, "chief", NOW, project_id=key, role="sponsor", name="某领导",
             since=date(2026, 9, 1))  # fmt: skip
    world.do(tags.put, "chief", NOW, project_id=key, kind="other", tag="绿岛")
    chief = portal.sign_in("chief")
    form = chief.page(f"/projects/{key}/do/delist?listing={entry}").form("/do/delist")
    assert form.first("listing") == str(entry)
    chief.post(form.action, sent(form, reason="项目终止"))
    form = chief.page(f"/projects/{key}/do/duty_end?role=sponsor").form("/do/duty_end")
    chief.post(form.action, sent(form))
    form = chief.page(f"/projects/{key}").form("/do/untag")
    chief.post(form.action, sent(form))
    assert rows(world, tables.project_listing)[0].removed_on is not None
    assert rows(world, tables.project_duty)[0].until is not None
    assert rows(world, tables.project_tag) == []


def test_the_forms_of_the_office_are_closed_to_others(portal: Portal) -> None:
    key = added(portal.world)
    street = portal.sign_in("lucheng_head")
    assert street.get(f"/projects/{key}/do/stage").status_code == 200
    for act in ("duty", "listing", "tag", "attribution", "delist", "duty_end", "untag"):
        assert street.get(f"/projects/{key}/do/{act}").status_code == 403, act
        assert street.post(f"/projects/{key}/do/{act}", {"csrf": street.csrf}).status in (403, 422)
    assert street.get(f"/projects/{key}/merge").status_code == 403
    assert street.get(f"/projects/{key}/do/nothing").status_code == 404
    assert portal.sign_in("henglin_head").get(f"/projects/{key}/do/stage").status_code == 404


def test_two_records_are_merged_with_both_sides_on_the_page(portal: Portal) -> None:
    world = portal.world
    one = added(world, "甲项目", owner="甲公司")
    two = added(world, "甲项目一期", owner="乙公司")
    chief = portal.sign_in("chief")
    assert f"/projects/{one}/merge?other={two}" in chief.page(f"/projects/{one}/merge").links
    page = chief.page(f"/projects/{one}/merge?other={two}")
    assert "甲公司" in page.words
    assert "乙公司" in page.words
    form = page.form("/merge")
    undecided = chief.post(form.action, sent(form) | {"c-name": "keep", "c-owner": ""})
    assert undecided.status == 422
    done = chief.post(form.action, sent(form) | {"c-name": "keep", "c-owner": "take"})
    assert done.location == f"/projects/{one}?done=merged"
    assert row(world, one).owner == "乙公司"
    answer = chief.page(f"/projects/{two}", 303)
    assert answer.location.startswith(f"/projects/{one}?")
    assert done_text("led_here") in chief.follow(answer).words, "who asked for the other is told"


def upload(chief: Any, text: str, **form: str) -> Any:
    given = {"csrf": chief.csrf, "list_code": "city", "year": "2026", "library": "市库",
             "as_of": "2026-09-01"} | form  # fmt: skip
    file = ("file", ("list.csv", text.encode(), "text/csv"))
    return chief.post("/projects/import", given, [file])


def test_a_list_is_previewed_chosen_and_taken(portal: Portal) -> None:
    world = portal.world
    key = added(world, "甲项目", code=CODE, owner="甲公司")
    chief = portal.sign_in("chief")
    page = upload(chief, LIST + f"甲项目,{CODE},甲集团,12,\n乙项目,,乙公司,3,x\n")
    assert page.status == 200
    assert 'data-count="new">1<' in page.text
    assert 'data-count="different">1<' in page.text
    assert "甲集团" in page.words
    form = page.form("/apply")
    assert chief.post(form.action, sent(form)).status == 422  # the owner has not been chosen
    assert len(rows(world, tables.project)) == 1
    done = chief.post(form.action, sent(form) | {"c-2-owner": "take"})
    assert done.status == 200
    assert 'data-count="added">1<' in done.text
    assert row(world, key).owner == "甲集团"
    again = chief.post(form.action, sent(form) | {"c-2-owner": "take"})
    assert again.status == 422  # taken once, the upload is gone


def test_a_record_that_changed_since_the_preview_is_shown_again(portal: Portal) -> None:
    key = added(portal.world, "甲项目", owner="甲公司")
    chief = portal.sign_in("chief")
    form = upload(chief, LIST + "甲项目,,甲公司,12,\n").form("/apply")
    portal.world.do(library.edit, "triage", NOW, project_id=key, values={"total_invest_yi": "9"})
    shown = chief.post(form.action, sent(form))
    assert shown.status == 409
    assert "9" in shown.words
    assert rows(portal.world, tables.project_listing) == []


@pytest.mark.parametrize(
    ("text", "form"),
    [("编号\n1\n", {}), (LIST + "甲,,,,\n", {"year": "x"}), (LIST, {"as_of": ""}),
     ("", {}), (LIST + "甲,,,,\n", {"library": ""}), (LIST + "甲,,,,\n", {"list_code": "county"})],
)  # fmt: skip
def test_a_list_that_cannot_be_taken_leads_back_to_the_form(
    portal: Portal, text: str, form: dict[str, str]
) -> None:
    page = upload(portal.sign_in("chief"), text, **form)
    assert page.status == 422
    assert 'role="alert"' in page.text


def test_an_upload_is_its_uploaders_own(portal: Portal) -> None:
    form = upload(portal.sign_in("chief"), LIST + "甲,,,,\n").form("/apply")
    other = portal.sign_in("triage")
    assert other.post(form.action, sent(form) | {"csrf": other.csrf}).status == 422
    street = portal.sign_in("lucheng_head")
    assert street.get("/projects/import").status_code == 403
    assert upload(street, LIST + "甲,,,,\n").status == 403


def test_the_export_is_the_list_that_is_shown(portal: Portal) -> None:
    added(portal.world, "潞城项目", contact_phone="13800000000")
    added(portal.world, "横林项目", board="henglin")
    answer = portal.sign_in("chief").get("/projects/export.csv?board=henglin")
    text = answer.content.decode("utf-8-sig")
    assert "横林项目" in text
    assert "潞城项目" not in text
    assert portal.sign_in("henglin_head").get("/projects/export.xlsx").status_code == 200
    assert portal.sign_in("sysadmin").get("/projects/export.csv").status_code == 403
    assert portal.sign_in("chief").get("/projects/export.csv?stage=x").status_code == 422


def test_a_task_force_is_set_up_changed_and_dissolved(portal: Portal) -> None:
    key = added(portal.world, "312国道快速化工程")
    chief = portal.sign_in("chief")
    form = chief.page("/task-forces").form("/task-forces")
    made = chief.post("/task-forces", sent(form, name="312国道专班", leader="director")
                      | {"units": "zjj"})  # fmt: skip
    path = made.location.partition("?")[0]
    assert re.fullmatch(r"/task-forces/[0-9]+", path)
    form = chief.page(path).form(f"{path}/project")
    chief.post(form.action, sent(form, project="312国道快速化工程"))
    page = chief.page(path)
    assert f"/projects/{key}" in page.links
    assert chief.post(f"{path}/project", sent(form, project="无此项目")).status in (409, 422)
    reader = portal.sign_in("henglin_head")
    assert f"/projects/{key}" not in reader.page(path).links  # another town's project
    assert reader.post(f"{path}/end", {"csrf": reader.csrf, "ended_on": "2026-09-28"}).status == 403
    form = page.form(f"{path}/end")
    chief.post(form.action, sent(form))
    assert rows(portal.world, tables.task_force)[0].ended_on is not None


def test_an_industrial_chain_is_kept_with_its_leader(portal: Portal) -> None:
    chief = portal.sign_in("chief")
    form = chief.page("/projects/chains").form("/projects/chains")
    chief.post(form.action, sent(form, name="轨道交通", leader="principal", active="yes"))
    assert "轨道交通" in portal.sign_in("zjj_head").page("/projects/chains").words
    reader = portal.sign_in("zjj_head")
    assert reader.post("/projects/chains", {"csrf": reader.csrf, "name": "x"}).status == 403


def test_the_page_offers_a_report_on_the_project(portal: Portal) -> None:
    added(portal.world, "甲项目")
    page = portal.sign_in("lucheng_liaison").page(
        f"/projects/{rows(portal.world, tables.project)[0].id}"
    )
    [link] = [one for one in page.links if one.startswith("/report?") and "category" not in one]
    form = portal.sign_in("lucheng_liaison").page(link)
    assert 'value="甲项目"' in form.text


def test_administrators_see_no_projects(portal: Portal) -> None:
    key = added(portal.world)
    for who in ("sysadmin", "secadmin", "auditor"):
        browser = portal.sign_in(who)
        for path in ("/projects", f"/projects/{key}", "/task-forces", "/projects/chains"):
            assert browser.get(path).status_code in (403, 404), (who, path)
