"""The administration's pages: each for whom it is, each change audited, nothing past the rules."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from config.policy import shipped_policy
from config.roles import Role
from config.workflow_definition import parse_workflow, shipped_workflow
from models import tables
from tests.portal import Browser, Portal
from tests.statements import asked_of
from web.pages.admin.access import AREAS, EVERYBODY
from workflow.accounts import store
from workflow.guard_words import GUARDS, SCOPES
from workflow.system_words import AREAS as SYSTEM_AREAS
from workflow.system_words import TAGS

pytestmark = pytest.mark.one_database

WHO = {
    Role.REPORTER: "zjj_reporter",
    Role.COMMISSIONER: "commissioner",
    Role.UNIT_LIAISON: "zjj_liaison",
    Role.UNIT_LEADER: "zjj_head",
    Role.VERIFIER: "jfj_verifier",
    Role.TRIAGE_OFFICER: "triage",
    Role.OFFICE_CHIEF: "chief",
    Role.DEPUTY_DIRECTOR: "director",
    Role.PRINCIPAL: "principal",
    Role.INSPECTOR: "inspector",
    Role.AUDITOR: "auditor",
    Role.SYSADMIN: "sysadmin",
    Role.SECADMIN: "secadmin",
}
OVERSEERS = frozenset(
    {Role.TRIAGE_OFFICER, Role.OFFICE_CHIEF, Role.DEPUTY_DIRECTOR, Role.PRINCIPAL, Role.INSPECTOR}
)
ADMINISTRATORS = frozenset({Role.AUDITOR, Role.SYSADMIN, Role.SECADMIN})
RULES = OVERSEERS | ADMINISTRATORS
KEEPERS = frozenset({Role.SYSADMIN, Role.OFFICE_CHIEF})
ALLOWED: dict[str, frozenset[Role]] = {
    "/admin": RULES,
    "/admin/units": frozenset({Role.SYSADMIN, Role.SECADMIN}),
    "/admin/units/zjj": frozenset({Role.SYSADMIN, Role.SECADMIN}),
    "/admin/people": frozenset({Role.SYSADMIN, Role.SECADMIN}),
    "/admin/people/zjj_head": frozenset({Role.SYSADMIN, Role.SECADMIN}),
    "/admin/calendar": RULES,
    "/admin/calendar/deadlines": KEEPERS,
    "/admin/policy": RULES,
    "/admin/policy/source": RULES,
    "/admin/policy/simulate?category=杆线迁移&dispatched=2026-09-28T10:00": RULES,
    "/admin/policy/activate": KEEPERS,
    "/admin/workflow": RULES,
    "/admin/templates": RULES,
    "/admin/templates/urge/body/zh_CN": RULES,
    "/admin/tokens": frozenset({Role.SECADMIN}),
    "/admin/sources": frozenset({Role.SYSADMIN}),
    "/admin/jobs": OVERSEERS | {Role.SYSADMIN},
    "/admin/audit": frozenset({Role.AUDITOR}),
}


def tags(portal: Portal) -> list[str]:
    """Tags of the system's history but for signing in."""
    fact = tables.event.c
    with portal.world.db.read() as s:
        rows = s.execute(select(fact.tag).where(fact.stream == "system").order_by(fact.seq))
        return [row.tag for row in rows if row.tag != "account.signed_in"]


def english(portal: Portal, username: str) -> Browser:
    """A browser whose pages are in English."""
    browser = portal.sign_in(username)
    browser.client.cookies.set("xiaohao_lang", "en")
    return browser


@pytest.mark.parametrize("role", list(WHO))
def test_a_page_opens_for_its_roles_and_for_nobody_else(portal: Portal, role: Role) -> None:
    browser = portal.sign_in(WHO[role])
    answers = {path: browser.get(path).status_code for path in ALLOWED}
    assert answers == {path: 200 if role in roles else 403 for path, roles in ALLOWED.items()}


def test_the_index_leads_to_exactly_what_the_person_may_open(portal: Portal) -> None:
    for role in RULES:
        browser = portal.sign_in(WHO[role])
        offered = {link for link in browser.page("/admin").links if link.startswith("/admin/")}
        assert offered == {a.path for a in AREAS.values() if role in ALLOWED[a.path]}
        assert role in EVERYBODY


def test_who_is_not_signed_in_is_led_to_the_form(portal: Portal) -> None:
    stranger = portal.anonymous()
    for path in ALLOWED:
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?next=")


CHANGES = {
    "/admin/units": {"code": "kjj", "name": "科技局", "kind": "department"},
    "/admin/units/zjj": {"name": "住建局", "kind": "department"},
    "/admin/units/zjj/active": {"active": ""},
    "/admin/people": {"username": "new", "name": "新人", "unit": "zjj", "post": "staff"},
    "/admin/people/zjj_head": {"name": "某人", "unit": "zjj", "post": "head"},
    "/admin/people/zjj_head/grant": {"role": "verifier"},
    "/admin/people/zjj_head/revoke": {"role": "unit_leader"},
    "/admin/people/zjj_head/active": {"active": ""},
    "/admin/people/zjj_head/unlock": {},
    "/admin/people/zjj_head/sessions": {},
    "/admin/people/zjj_head/account": {},
    "/admin/calendar/preview": {"what": "day", "day": "2026-11-02", "kind": "holiday"},
    "/admin/calendar/apply": {"what": "day", "day": "2026-11-02", "kind": "holiday"},
    "/admin/calendar/deadlines": {},
    "/admin/policy/activate": {"source": shipped_policy(), "filename": "p.toml"},
    "/admin/policy/activate/now": {"source": shipped_policy(), "filename": "p.toml"},
    "/admin/tokens": {"token": "1"},
    "/admin/sources": {"code": "12345", "name": "热线", "person": "zjj_reporter"},
    "/admin/audit": {},
}


def test_no_change_is_taken_without_the_token_of_the_session(portal: Portal) -> None:
    for path, values in CHANGES.items():
        who = {"/admin/tokens": "secadmin", "/admin/audit": "auditor"}.get(path, "sysadmin")
        browser = portal.sign_in(who)
        before = tags(portal)
        assert browser.post(path, values).status == 403, path
        assert browser.post(path, {**values, "csrf": "0" * 64}).status == 403, path
        assert tags(portal) == before


def test_the_business_changes_nothing_here(portal: Portal) -> None:
    for who in ("zjj_head", "triage", "jfj_verifier", "auditor"):
        browser = portal.sign_in(who)
        before = tags(portal)
        for path, values in CHANGES.items():
            if (who, path) != ("auditor", "/admin/audit"):
                assert browser.send(path, values).status == 403, (who, path)
        assert tags(portal) == before


def test_a_unit_is_added_corrected_and_deactivated(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    values = {"code": "kjj", "name": "科技局", "kind": "department", "parent": "jfj"}
    answer = admin.fill("/admin/units", values, form="/admin/units")
    assert "The unit was added." in admin.follow(answer).words
    answer = admin.send("/admin/units/kjj", {**values, "name": "科学技术局"})
    assert "科学技术局" in admin.follow(answer).words
    admin.send("/admin/units/kjj/active", {"active": ""})
    assert "inactive" in admin.page("/admin/units/kjj").words
    assert tags(portal)[-3:] == ["unit.added", "unit.changed", "unit.deactivated"]


def test_a_unit_with_open_work_people_or_a_place_in_the_policy_stays(portal: Portal) -> None:
    portal.world.dispatched("2026-09-28 08:30")
    admin = english(portal, "sysadmin")
    answer = admin.send("/admin/units/zjj/active", {"active": ""})
    assert answer.status == 409
    for text in ("1 open tasks", "active people belong to it", "The policy in force names it"):
        assert text in answer.words
    assert portal.world.row(tables.unit, code="zjj").active
    assert "unit.deactivated" not in tags(portal)


def test_a_unit_never_stands_below_itself(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    values = {"name": "经济发展局", "kind": "bureau"}
    admin.send("/admin/units/dzb", {"name": "党政办公室", "kind": "leadership", "parent": "jfj"})
    answer = admin.send("/admin/units/jfj", {**values, "parent": "dzb"})
    assert answer.status == 409
    assert "cannot stand below itself" in answer.words
    (form,) = [form for form in answer.forms if form.action == "/admin/units/jfj"]
    assert form.first("parent") == "dzb"


def test_people_are_the_system_administrators_and_roles_the_security_administrators(
    portal: Portal,
) -> None:
    sysadmin, secadmin = english(portal, "sysadmin"), english(portal, "secadmin")
    values = {"username": "newcomer", "name": "新人", "unit": "zjj", "post": "staff"}
    sysadmin.follow(sysadmin.fill("/admin/people", values, form="/admin/people"))
    assert sysadmin.send("/admin/people/newcomer/grant", {"role": "verifier"}).status == 403
    assert secadmin.send("/admin/people", {**values, "username": "other"}).status == 403
    answer = secadmin.fill(
        "/admin/people/newcomer", {"role": "verifier"}, form="/admin/people/newcomer/grant"
    )
    assert "verifier" in secadmin.follow(answer).words
    refused = secadmin.send("/admin/people/newcomer/grant", {"role": "auditor"})
    assert refused.status == 409
    assert "roles that must be kept apart" in refused.words
    secadmin.send("/admin/people/newcomer/revoke", {"role": "verifier"})
    assert tags(portal) == ["person.added", "person.granted", "person.revoked"]


def test_an_initial_password_is_shown_once_and_lets_in(portal: Portal) -> None:
    sysadmin = english(portal, "sysadmin")
    shown = sysadmin.follow(sysadmin.send("/admin/people/zgj_head/account"))
    password = shown.text.split('<code class="secret">')[1].split("</code>")[0]
    assert password not in sysadmin.page("/admin/people/zgj_head").text
    answer = portal.anonymous().post(
        "/signin", {"username": "zgj_head", "password": password, "next": "/"}
    )
    assert answer.status == 303
    assert "account.created" in tags(portal)
    history = portal.world.dump()
    assert password not in str(history)


def test_accounts_of_those_who_watch_are_not_the_system_administrators(portal: Portal) -> None:
    sysadmin, secadmin = portal.sign_in("sysadmin"), portal.sign_in("secadmin")
    assert sysadmin.send("/admin/people/auditor/account").status == 403
    assert sysadmin.send("/admin/people/auditor/active", {"active": ""}).status == 403
    assert secadmin.send("/admin/people/zjj_head/account").status == 403
    assert secadmin.send("/admin/people/auditor/account").status == 303
    assert secadmin.send("/admin/people/secadmin/active", {"active": ""}).status == 409
    assert tags(portal) == ["account.created"]


def test_nobody_loses_their_own_password_here(portal: Portal) -> None:
    sysadmin = english(portal, "sysadmin")
    answer = sysadmin.send("/admin/people/sysadmin/account")
    assert answer.status == 409
    assert "changed on the page of your account" in answer.words
    assert tags(portal) == []


def test_who_is_deactivated_is_signed_out_and_comes_back_by_the_security_administrator(
    portal: Portal,
) -> None:
    head, sysadmin = portal.sign_in("zjj_head"), portal.sign_in("sysadmin")
    head.page("/account")
    sysadmin.send("/admin/people/zjj_head/active", {"active": ""})
    assert head.get("/account").status_code == 303
    assert sysadmin.send("/admin/people/zjj_head/active", {"active": "yes"}).status == 403
    secadmin = portal.sign_in("secadmin")
    assert secadmin.send("/admin/people/zjj_head/active", {"active": "yes"}).status == 303
    assert portal.world.row(tables.person, username="zjj_head").active
    assert tags(portal) == ["person.deactivated", "person.reactivated"]


def test_the_security_administrator_unlocks_and_ends_sessions(portal: Portal) -> None:
    head, secadmin = portal.sign_in("zjj_head"), english(portal, "secadmin")
    stranger = portal.anonymous()
    for _n in range(5):
        stranger.post("/signin", {"username": "zjj_head", "password": "wrong", "next": "/"})
    assert "locked until" in secadmin.page("/admin/people/zjj_head").words
    secadmin.send("/admin/people/zjj_head/unlock")
    with portal.world.db.read() as s:
        account = store.account(s, portal.world.people["zjj_head"])
        assert account is not None and account.locked_until is None
    assert secadmin.send("/admin/people/zjj_head/unlock").status == 409
    secadmin.send("/admin/people/zjj_head/sessions")
    assert head.get("/account").status_code == 303
    assert tags(portal)[-2:] == ["account.unlocked", "account.sessions_ended"]


def test_people_are_searched_and_paged(portal: Portal) -> None:
    secadmin = english(portal, "secadmin")
    everybody = secadmin.page("/admin/people")
    assert everybody.text.count("<tr>") == 51
    further = next(link for link in everybody.links if "page=2" in link)
    assert "First page" in secadmin.page(further).words
    found = secadmin.page("/admin/people?q=zjj_HEAD")
    assert "zjj_head" in found.words and "zjj_deputy" not in found.words
    assert "auditor" in secadmin.page("/admin/people?role=auditor").words
    assert "Nobody was found." in secadmin.page("/admin/people?q=nobody+at+all").words


def test_a_change_of_the_calendar_is_previewed_and_then_made(portal: Portal) -> None:
    case = portal.world.dispatched("2026-09-28 08:30")
    chief = english(portal, "chief")
    before = portal.world.dump()
    preview = chief.send(
        "/admin/calendar/preview?year=2026",
        {"what": "day", "day": "2026-10-15", "kind": "holiday", "name": "全区运动会", "unit": ""},
    )  # fmt: skip
    assert preview.status == 200
    assert case.task in preview.words
    assert portal.world.dump() == before
    old = portal.world.row(tables.task, number=case.task).due_at
    answer = chief.post(
        preview.form("apply").action,
        {**{k: v[0] for k, v in preview.form("apply").values.items()}, "redate": "yes"},
    )
    assert "The calendar was changed." in chief.follow(answer).words
    assert portal.world.row(tables.task, number=case.task).due_at > old
    assert tags(portal) == ["calendar.exception", "calendar.recomputed"]


def test_a_year_and_a_file_are_previewed_too_and_faults_stand_at_the_form(portal: Portal) -> None:
    chief = english(portal, "chief")
    wish = {"what": "status", "year": "2027", "status": "official"}
    assert "2027" in chief.send("/admin/calendar/preview?year=2027", wish).words
    chief.send("/admin/calendar/apply?year=2027", wish)
    assert "official" in chief.page("/admin/calendar?year=2027").words
    good = b"year,status,day,kind,name\n2027,official,2027-01-01,holiday,New Year\n"
    shown = chief.send(
        "/admin/calendar/preview", {"what": "file"}, [("file", ("2027.csv", good, "text/csv"))]
    )
    assert "added 1" in shown.words
    values = {name: value[0] for name, value in shown.form("apply").values.items()}
    assert chief.post("/admin/calendar/apply", values).status == 303
    bad = b"day,kind\n2027-13-01,holiday\n"
    refused = chief.send(
        "/admin/calendar/preview", {"what": "file"}, [("file", ("x.csv", bad, "text/csv"))]
    )
    assert refused.status == 422
    assert "2027-13-01" in refused.words
    assert tags(portal) == ["calendar.status", "calendar.imported"]


def test_days_are_told_by_letter_and_not_by_colour_alone(portal: Portal) -> None:
    page = portal.sign_in("principal").page("/admin/calendar?year=2026")
    assert page.text.count("<b>休</b>") == 33 + 1  # and the legend
    assert page.text.count("<b>班</b>") == 6 + 1
    provisional = portal.sign_in("principal").page("/admin/calendar?year=2027")
    assert "year provisional" in provisional.text


def test_deadlines_wait_until_somebody_re_dates_them(portal: Portal) -> None:
    case = portal.world.dispatched("2026-09-28 08:30")
    admin = english(portal, "sysadmin")
    wish = {"what": "day", "day": "2026-10-15", "kind": "holiday", "name": "x", "unit": "zjj"}
    admin.send("/admin/calendar/apply", wish)
    assert "1 running tasks" in admin.page("/admin/calendar").words
    waiting = admin.page("/admin/calendar/deadlines")
    assert case.task in waiting.words
    assert "10千伏" not in waiting.words
    admin.follow(admin.fill("/admin/calendar/deadlines", form="deadlines"))
    assert "No deadline moves." in admin.page("/admin/calendar/deadlines").words


def test_a_policy_is_checked_compared_and_put_in_force(portal: Portal) -> None:
    chief = english(portal, "chief")
    source = shipped_policy().replace("n = 7 ", "n = 8 ", 1)
    upload = [("file", ("new.toml", source.encode(), "application/toml"))]
    checked = chief.send("/admin/policy/activate", {}, upload)
    assert checked.status == 200
    assert "limits.ordinary.n" in checked.words
    assert tags(portal) == []
    form = checked.form("activate/now")
    chief.post(form.action, {name: values[0] for name, values in form.values.items()})
    assert tags(portal) == ["policy.activated"]
    page = chief.page("/admin/policy")
    assert "8 working days" in page.words
    broken = source.replace('lead = "zgj"', 'lead = "nowhere"')
    refused = chief.send(
        "/admin/policy/activate", {}, [("file", ("bad.toml", broken.encode(), "text/plain"))]
    )
    assert refused.status == 422
    assert "nowhere" in refused.words
    direct = chief.send("/admin/policy/activate/now", {"source": broken, "filename": "bad.toml"})
    assert direct.status == 422
    assert tags(portal) == ["policy.activated"]


def test_each_rule_shows_its_source(portal: Portal) -> None:
    words = english(portal, "auditor").page("/admin/policy").words
    assert "Quanzhou: the lead unit answers in 7 working days" in words
    assert "The check finds no fault." in words


def test_the_simulator_says_when_a_task_would_be_due(portal: Portal) -> None:
    director = english(portal, "director")
    asked = "/admin/policy/simulate?category=杆线迁移&dispatched=2026-09-30T10:00"
    assert "2026-10-27 17:30" in director.page(asked).words
    assert "2026-10-13 17:30" in director.page(asked + "&days=5").words
    assert "2026-10-15 17:30" in director.page(asked + "&limit=ordinary").words
    refused = director.page("/admin/policy/simulate?category=x&dispatched=2026-09-30T10:00", 422)
    assert "Unknown category" in refused.words
    assert director.page(asked.replace("2026-09-30", "never"), 422).status == 422


def test_the_diagram_shows_every_transition_in_words(portal: Portal) -> None:
    page = english(portal, "auditor").page("/admin/workflow")
    assert page.text.count('<g class="box') == 16
    assert "approve the closure" in page.words
    assert "approver, verifier and handler are three persons" in page.words
    assert "all_verified" not in page.words


def test_jobs_tell_the_system_administrator_nothing_of_the_business(portal: Portal) -> None:
    case = portal.world.dispatched("2026-09-01 08:30")
    portal.at("2026-11-02 09:00")
    chief = portal.sign_in("chief").page("/admin/jobs")
    assert case.task in chief.words
    admin = portal.sign_in("sysadmin").page("/admin/jobs")
    assert case.issue not in admin.words
    assert "10千伏" not in admin.words


def test_the_auditor_reads_filters_and_verifies(portal: Portal) -> None:
    portal.sign_in("sysadmin").send(
        "/admin/people", {"username": "n1", "name": "新人", "unit": "zjj", "post": "staff"}
    )
    auditor = english(portal, "auditor")
    listed = auditor.page("/admin/audit?area=person")
    assert "person.added" in listed.words and "account.signed_in" not in listed.words
    assert "person.added" not in auditor.page("/admin/audit?area=unit").words
    assert "person.added" in auditor.page("/admin/audit?who=sysadmin").words
    assert "person.added" not in auditor.page("/admin/audit?until=2026-09-27").words
    auditor.page("/admin/audit?since=yesterday", 422)
    verified = auditor.send("/admin/audit")
    assert "The history is whole." in verified.words
    assert "audit.verified" in tags(portal)


def test_the_auditor_sees_a_history_that_was_rewritten(portal: Portal) -> None:
    portal.sign_in("zjj_head")
    with portal.world.db.write() as s:
        head = tables.chain_head
        s.execute(head.update().where(head.c.stream == "system").values(chain_seq=99))
    answer = english(portal, "auditor")
    shown = answer.send("/admin/audit")
    assert shown.status == 200
    assert "The history is whole." not in shown.words


def test_platforms_are_registered_and_ended(portal: Portal) -> None:
    admin = english(portal, "sysadmin")
    values = {"code": "12345", "name": "热线", "person": "jfj_reporter"}
    admin.follow(admin.fill("/admin/sources", values, form="/admin/sources"))
    refused = admin.send("/admin/sources", {**values, "code": "Bad Code"})
    assert refused.status == 422
    admin.send("/admin/sources/12345", {**values, "callback_url": "", "secret_name": ""})
    assert not portal.world.row(tables.source_system, code="12345").active
    assert tags(portal) == ["source.registered", "source.changed"]


def test_the_number_of_statements_does_not_grow_with_the_people(portal: Portal) -> None:
    secadmin = portal.sign_in("secadmin")
    secadmin.page("/admin/people")
    few = _statements(portal, secadmin, "/admin/people?q=zjj")
    many = _statements(portal, secadmin, "/admin/people")
    assert few == many


def _statements(portal: Portal, browser: Browser, path: str) -> int:
    with asked_of(portal.world.db) as sent:
        browser.page(path)
    return len(sent)


def test_every_guard_and_every_system_event_has_words() -> None:
    definition = parse_workflow(shipped_workflow())
    machines = (definition.issue, definition.task)
    rules = [rule for m in machines for rule in (*m.transitions, *m.acts)]
    assert {name for rule in rules for name in rule.guards} <= GUARDS.keys()
    assert {rule.scope for rule in rules} <= SCOPES.keys()
    assert {tag.partition(".")[0] for tag in TAGS} <= SYSTEM_AREAS.keys()
