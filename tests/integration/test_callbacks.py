"""News to the platforms: written with the change, signed, in order, nothing lost, nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from models import tables
from models.db import Database
from notifications.callbacks import failures
from notifications.callbacks.delivery import drain
from notifications.callbacks.leasing import lease
from notifications.delivery import DrainReport
from notifications.http.addresses import Target, Unresolved, resolve
from notifications.http.limit import Limit
from notifications.http.post import NotReached, post
from notifications.http.signing import HEADER
from notifications.leasing import backoff
from tests.platforms import CODE, SECRET, SECRET_NAME, handed_in, registered
from tests.terminal import Terminal, fresh_settings
from tests.webhooks import DRIP, DROP, STALL, Receiver, receiving
from tests.world import World, at
from workflow import sources
from workflow.commands import assignment, breakdown, discovery, requests
from workflow.commands.breakdown import Plan
from workflow.errors import GuardFailed
from workflow.scheduler import send_news
from workflow.watchdog import examine

NOW = at("2026-03-02 10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A platform inside the house: the settings allow loopback and know the secret."""
    monkeypatch.setenv("XIAOHAO_CALLBACK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("XIAOHAO_CALLBACK_TIMEOUT", "5")
    monkeypatch.setenv(f"XIAOHAO_SECRET_{SECRET_NAME.upper()}", SECRET)
    with receiving() as found, fresh_settings():
        yield found


@pytest.fixture
def hotline(world: World, receiver: Receiver) -> World:
    registered(world, callback_url=receiver.url, secret_name=SECRET_NAME)
    return world


def told(world: World) -> list[Any]:
    return world.rows(tables.callback)


def states(world: World) -> list[str]:
    return [row.state for row in told(world)]


def sent(world: World, now: datetime = NOW, **options: Any) -> DrainReport:
    return drain(world.db, now, "w1", **options)


def dispatched(world: World, source_id: str = "A-1") -> tuple[str, str]:
    """An issue of the platform, handed over to a unit; numbers of issue and task."""
    number = handed_in(world, NOW, source_id=source_id).number
    world.do(discovery.start_triage, "triage", NOW, issue=number)
    plan = Plan("协调产权单位迁移杆线")
    task = world.do(breakdown.plan_task, "triage", NOW, issue=number, form=plan).task_number
    world.do(assignment.dispatch, "chief", NOW, issue=number)
    return number, task


def closed(world: World) -> tuple[str, str]:
    number, task = dispatched(world)
    world.acknowledge(task, NOW)
    world.submit(task, NOW)
    world.verify(task, NOW)
    world.approve(number, NOW)
    return number, task


# ---------------------------------------------------------------- what is told


def test_a_platform_hears_of_every_state_up_to_the_result(
    hotline: World, receiver: Receiver
) -> None:
    number, task = closed(hotline)
    assert sent(hotline) == DrainReport(sent=7)
    heard = [e["data"]["state"] for e in receiver.events]
    assert heard == [
        *("reported", "triaging", "dispatched", "in_progress"),
        *("verifying", "approving", "closed"),
    ]
    history = {e.seq: e for e in hotline.events(number)}
    for envelope in receiver.events:
        known = history[int(envelope["id"].removeprefix(f"{number}:"))]
        assert envelope["data"]["state"] == known.data["to"]
    due = hotline.task(task).due_at
    last = receiver.events[-1]
    assert datetime.fromisoformat(last["data"].pop("due_at")) == due
    assert last == {
        "specversion": "1.0",
        "id": f"{number}:{max(s for s, e in history.items() if e.tag == 'issue.approve')}",
        "source": "http://127.0.0.1:8000",
        "type": "cn.xiaohao.issue.state_changed",
        "subject": number,
        "time": "2026-03-02T02:00:00.000Z",
        "datacontenttype": "application/json",
        "data": {
            "source_system": CODE,
            "source_id": "A-1",
            "number": number,
            "state": "closed",
            "state_name": "已销号",
            "phase": "closure",
            "result": "已全部完成",
        },
    }


def test_a_new_deadline_is_told_though_the_state_stays(hotline: World, receiver: Receiver) -> None:
    _number, task = dispatched(hotline)
    hotline.acknowledge(task, NOW)
    sent(hotline)
    before = len(receiver.events)
    new = at("2026-03-27 17:30")
    hotline.do(
        requests.request_extension,
        "zjj_head",
        "2026-03-05 10:00",
        task=task,
        new_due=new,
        reason="停电窗口",
        progress="已报停电计划",
    )
    assert sent(hotline, at("2026-03-05 10:00")) == DrainReport()
    hotline.do(
        requests.rule_extension,
        "chief",
        "2026-03-05 11:00",
        task=task,
        granted=True,
        opinion="同意",
    )
    assert sent(hotline, at("2026-03-05 11:00")) == DrainReport(sent=1)
    [news] = receiver.events[before:]
    assert news["type"] == "cn.xiaohao.issue.deadline_set"
    assert news["data"]["state"] == "in_progress"
    assert datetime.fromisoformat(news["data"]["due_at"]) == new


def test_a_refusal_is_told_with_its_reason_and_without_names(
    hotline: World, receiver: Receiver
) -> None:
    number = handed_in(hotline, NOW).number
    hotline.do(discovery.propose_rejection, "triage", NOW, issue=number, reason="不属本区")
    hotline.do(discovery.reject, "chief", NOW, issue=number, reason="不属本区")
    sent(hotline)
    assert receiver.events[-1]["data"]["reason"] == "不属本区"
    everything = b"".join(item.body for item in receiver.received).decode()
    for person in hotline.rows(tables.person):
        assert person.name not in everything
        assert person.username not in everything


def test_what_is_refused_tells_nothing(hotline: World) -> None:
    number = handed_in(hotline, NOW).number
    hotline.refused(GuardFailed, discovery.reject, "chief", NOW, issue=number, reason="不属本区")
    assert len(told(hotline)) == 1


def test_issues_of_our_own_cost_no_statement_and_tell_nobody(hotline: World) -> None:
    statements: list[str] = []
    event.listen(
        hotline.db.engine,
        "before_cursor_execute",
        lambda _c, _cur, text, *_: statements.append(text),
    )
    prepared: list[str] = []
    from models.db import Session

    query = Session.query

    def noting(self: Session, sql: str, values: Any) -> list[Any]:
        prepared.append(sql)
        return query(self, sql, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "query", noting)
        hotline.reported(NOW)
        assert prepared
        assert not [text for text in statements + prepared if "source_system.code" in text]
        handed_in(hotline, NOW)
        assert [text for text in prepared if "source_system.code" in text]
    assert len(told(hotline)) == 1


def test_a_platform_that_does_not_listen_is_told_nothing(world: World) -> None:
    registered(world)
    handed_in(world, NOW)
    assert told(world) == []


def test_a_platform_that_was_deactivated_is_told_nothing_more(
    hotline: World, receiver: Receiver
) -> None:
    number = handed_in(hotline, NOW).number
    hotline.do(sources.deactivate, "sysadmin", NOW, code=CODE)
    hotline.do(discovery.start_triage, "triage", NOW, issue=number)
    assert sent(hotline) == DrainReport(failed=1)
    assert receiver.received == []
    assert [row.last_error for row in told(hotline)] == ["source-inactive"]


# ---------------------------------------------------------------- how it is sent


def test_the_signature_verifies_over_moment_and_body(hotline: World, receiver: Receiver) -> None:
    handed_in(hotline, NOW)
    sent(hotline, NOW + MINUTE)
    [request] = receiver.received
    assert request.path == "/hook?from=xiaohao"
    assert request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    moment, digest = (part.split("=")[1] for part in request.headers[HEADER].split(","))
    assert int(moment) == int((NOW + MINUTE).timestamp())
    message = moment.encode() + b"." + request.body
    assert hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest() == digest
    assert SECRET not in str(hotline.dump())


def test_too_many_requests_are_spared_as_long_as_the_platform_asks(
    hotline: World, receiver: Receiver
) -> None:
    handed_in(hotline, NOW)
    handed_in(hotline, NOW, source_id="A-2")
    receiver.script((429, {"Retry-After": "7200"}))
    assert sent(hotline) == DrainReport(retried=1)
    assert {row.next_attempt_at for row in told(hotline)} == {NOW + timedelta(hours=2)}
    assert sent(hotline, NOW + timedelta(minutes=119)) == DrainReport()
    assert sent(hotline, NOW + timedelta(hours=2)) == DrainReport(sent=2)
    assert [e["data"]["source_id"] for e in receiver.events] == ["A-1", "A-1", "A-2"]


@pytest.mark.parametrize(
    ("wish", "wait"),
    [
        ("Mon, 02 Mar 2026 05:00:00 GMT", timedelta(hours=3)),
        ("99999999", timedelta(days=1)),
        ("Mon, 02 Mar 2020 05:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_a_wish_to_wait_may_be_a_date_and_has_a_limit(
    hotline: World, receiver: Receiver, wish: str, wait: timedelta | None
) -> None:
    handed_in(hotline, NOW)
    receiver.script((503, {"Retry-After": wish}))
    sent(hotline)
    [row] = told(hotline)
    assert row.next_attempt_at == NOW + (wait or backoff(row.id, 1))


@pytest.mark.parametrize("answer", [500, 502, 408, 425, DROP])
def test_a_passing_fault_is_tried_again_with_the_same_id(
    hotline: World, receiver: Receiver, answer: int | str
) -> None:
    handed_in(hotline, NOW)
    receiver.script(answer, answer)
    assert sent(hotline) == DrainReport(retried=1)
    assert sent(hotline, NOW + MINUTE) == DrainReport(retried=1)
    assert sent(hotline, NOW + MINUTE) == DrainReport()
    assert sent(hotline, NOW + 4 * MINUTE) == DrainReport(sent=1)
    assert len({item.body for item in receiver.received}) == 1
    assert len(receiver.received) == 3


@pytest.mark.parametrize("answer", [STALL, DRIP])
def test_a_platform_that_does_not_come_to_an_end_is_given_up_in_time(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("XIAOHAO_CALLBACK_TIMEOUT", "0.3")
    with fresh_settings():
        registered(world, callback_url=receiver.url, secret_name=SECRET_NAME)
        handed_in(world, NOW)
        receiver.script(answer)
        assert sent(world) == DrainReport(retried=1)
        assert sent(world, NOW + MINUTE) == DrainReport(sent=1)


@pytest.mark.parametrize("answer", [400, 401, 404, 410, 422])
def test_a_refusal_is_final_listed_and_may_be_sent_again(
    hotline: World, receiver: Receiver, answer: int
) -> None:
    handed_in(hotline, NOW)
    receiver.script(answer)
    assert sent(hotline) == DrainReport(failed=1)
    with hotline.db.write() as s:
        [failure] = failures.failed(s)
        assert (failure.source, failure.attempts, failure.reason) == (CODE, 1, f"http-{answer}")
        assert failures.retry(s, [failure.id], NOW + MINUTE) == 1
        assert failures.failed(s) == []
        assert failures.retry(s, [failure.id], NOW + MINUTE) == 0
    assert sent(hotline, NOW + MINUTE) == DrainReport(sent=1)


def test_a_redirect_is_not_followed(hotline: World, receiver: Receiver) -> None:
    handed_in(hotline, NOW)
    elsewhere = f"http://127.0.0.1:{receiver.port}/elsewhere"
    receiver.script((307, {"Location": elsewhere}))
    assert sent(hotline) == DrainReport(failed=1)
    assert [item.path for item in receiver.received] == ["/hook?from=xiaohao"]
    assert told(hotline)[0].last_error == "http-307: redirect-refused"


def test_news_of_one_issue_keeps_its_order_and_others_pass(
    hotline: World, receiver: Receiver
) -> None:
    number = handed_in(hotline, NOW).number
    hotline.do(discovery.start_triage, "triage", NOW, issue=number)
    handed_in(hotline, NOW, source_id="A-2")
    receiver.script(500)
    assert sent(hotline) == DrainReport(sent=1, retried=1)
    assert [(e["data"]["source_id"], e["data"]["state"]) for e in receiver.events] == [
        ("A-1", "reported"),
        ("A-2", "reported"),
    ]
    assert sent(hotline, NOW + MINUTE) == DrainReport(sent=2)
    assert [e["data"]["state"] for e in receiver.events[2:]] == ["reported", "triaging"]


def test_the_next_news_goes_out_when_the_former_has_failed(
    hotline: World, receiver: Receiver
) -> None:
    number = handed_in(hotline, NOW).number
    hotline.do(discovery.start_triage, "triage", NOW, issue=number)
    receiver.script(422)
    assert sent(hotline) == DrainReport(sent=1, failed=1)


def test_the_last_try_fails_it_and_one_that_kills_its_workers_is_given_up(
    hotline: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_CALLBACK_ATTEMPTS", "2")
    with fresh_settings():
        handed_in(hotline, NOW)
        receiver.script(500, 500)
        assert sent(hotline) == DrainReport(retried=1)
        assert sent(hotline, NOW + MINUTE) == DrainReport(failed=1)
        handed_in(hotline, NOW, source_id="A-2")
        for hour in range(2):
            with hotline.db.write() as s:
                assert lease(s, "dead", NOW + timedelta(hours=hour), 60) is not None
        assert sent(hotline, NOW + timedelta(hours=3)) == DrainReport(failed=1)
    assert [row.last_error for row in told(hotline)] == ["http-500", "attempts-exhausted"]


def test_a_missing_secret_waits_for_its_return(
    hotline: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    handed_in(hotline, NOW)
    monkeypatch.delenv(f"XIAOHAO_SECRET_{SECRET_NAME.upper()}")
    assert sent(hotline) == DrainReport(retried=1)
    assert receiver.received == []
    assert told(hotline)[0].last_error == f"secret-missing: {SECRET_NAME}"
    monkeypatch.setenv("XIAOHAO_SECRETS_DIR", str(tmp_path))
    (tmp_path / SECRET_NAME).write_text(f"{SECRET}\n", encoding="utf-8")
    with fresh_settings():
        assert sent(hotline, NOW + MINUTE) == DrainReport(sent=1)
    body = receiver.received[0].body
    stamp, digest = (p.split("=")[1] for p in receiver.received[0].headers[HEADER].split(","))
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    assert expected.hexdigest() == digest


def die_before_the_mark(url: str) -> None:
    """Send, and be killed before what was sent is written down."""
    db, looks = Database(url), iter(range(9))

    def clock() -> datetime:
        if next(looks) == 2:  # leasing, sending, and now the mark
            os.kill(os.getpid(), signal.SIGKILL)
        return NOW

    drain(db, clock, "doomed")


def test_killed_between_send_and_mark_it_is_repeated_with_the_same_id(
    hotline: World, receiver: Receiver
) -> None:
    handed_in(hotline, NOW)
    process = multiprocessing.get_context("spawn").Process(
        target=die_before_the_mark,
        args=(hotline.db.engine.url.render_as_string(hide_password=False),),
    )
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert len(receiver.received) == 1
    assert states(hotline) == ["leased"]
    assert sent(hotline, NOW + MINUTE) == DrainReport()
    assert sent(hotline, NOW + 3 * MINUTE) == DrainReport(sent=1)
    first, again = receiver.events
    assert first == again
    assert states(hotline) == ["sent"]


# ---------------------------------------------------------------- where it may go


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name lead to these addresses; returns the names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def point(world: World, url: str) -> None:
    with world.db.write() as s:
        s.execute(update(tables.source_system).values(callback_url=url))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "::1", "::", "fe80::1", "fc00::1", "::ffff:10.1.2.3"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1"),
        # the house's own NAT64, site-local, IPv4-compatible and translated, relays
        *("64:ff9b:1::a00:1", "fec0::1", "::7f00:1", "::ffff:0:7f00:1", "192.0.0.8", "192.88.99.1"),
    ],
)
def test_inside_addresses_are_refused_whatever_name_leads_there(
    hotline: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.delenv("XIAOHAO_CALLBACK_NETWORKS")
    handed_in(hotline, NOW)
    point(hotline, f"https://innocent.example.org:{receiver.port}/")
    with fresh_settings():
        resolving(monkeypatch, address)
        connected: list[Any] = []
        monkeypatch.setattr(socket, "create_connection", lambda *a, **_: connected.append(a))
        report = sent(hotline)
        monkeypatch.undo()
    assert report == DrainReport(failed=1)
    assert connected == []
    assert told(hotline)[0].last_error.startswith("address-refused")


def test_the_address_that_was_checked_is_the_one_connected_to(
    hotline: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(hotline, NOW)
    point(hotline, f"http://rebinding.example.org:{receiver.port}/hook")
    with monkeypatch.context() as patch:
        asked = resolving(patch, "10.9.9.9", "127.0.0.1")
        connected: list[str] = []

        def connect(address: tuple[str, int], *rest: Any) -> socket.socket:
            connected.append(address[0])
            raw = socket.socket()
            raw.settimeout(5)
            raw.connect(address)
            return raw

        patch.setattr(socket, "create_connection", connect)
        assert sent(hotline) == DrainReport(sent=1)
    assert asked == ["rebinding.example.org"]  # once, so a second answer has nobody to fool
    assert connected == ["127.0.0.1"]
    assert receiver.received[0].headers["Host"] == f"rebinding.example.org:{receiver.port}"


def test_plain_http_leaves_the_house_for_nobody(
    hotline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(hotline, NOW)
    point(hotline, "http://platform.example.org/hook")
    with monkeypatch.context() as patch:
        resolving(patch, "93.184.216.34")
        assert sent(hotline) == DrainReport(failed=1)


def test_a_name_that_is_unknown_today_is_tried_again(
    hotline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(hotline, NOW)
    point(hotline, "https://platform.example.org/hook")

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("Name or service not known")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        assert sent(hotline) == DrainReport(retried=1)


def test_one_limit_holds_for_all_addresses_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 100, 4))
    limit = Limit(10, clock=lambda: float(next(seconds)))
    tried: list[tuple[str, float]] = []

    def silent(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append((address[0], timeout))
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", silent)
    target = Target("https", "far.example.org", 443, "/", ("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    with pytest.raises(NotReached):
        post(target, b"{}", {}, limit)
    assert tried == [("192.0.2.1", 2.0), ("192.0.2.2", 1.0)]  # then the time is over


def test_only_the_first_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, *(f"93.184.216.{n}" for n in range(40)))
    found = resolve("https://many.example.org/", (), Limit(10)).addresses
    assert found == ("93.184.216.0", "93.184.216.1", "93.184.216.2")


def test_a_look_up_without_an_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*_: Any, **__: Any) -> list[Any]:
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(Unresolved, match="in time"):
        resolve("https://slow.example.org/", (), Limit(0.05))
    over.set()


# ---------------------------------------------------------------- the office


def test_the_watchdog_sees_news_that_waits_too_long(hotline: World, receiver: Receiver) -> None:
    handed_in(hotline, NOW)

    def kinds(now: datetime) -> list[str]:
        return [finding.kind for finding in examine(hotline.db, now)]

    assert "callbacks_stuck" not in kinds(NOW + timedelta(minutes=59))
    assert "callbacks_stuck" in kinds(NOW + timedelta(minutes=61))
    sent(hotline)
    assert "callbacks_stuck" not in kinds(NOW + timedelta(minutes=61))


def test_workers_side_by_side_send_everything_once(hotline: World, receiver: Receiver) -> None:
    for n in range(12):
        handed_in(hotline, NOW, source_id=f"A-{n}")
    run_together(hotline.db.url, lambda db, name: send_news(db, NOW, name))
    assert set(states(hotline)) == {"sent"}
    assert len(receiver.events) == len({e["id"] for e in receiver.events}) == 12


def run_together(url: str, act: Callable[[Database, str], Any], workers: int = 3) -> None:
    from threading import Thread

    def work(name: str) -> None:
        db = Database(url)
        act(db, name)
        db.close()

    threads = [Thread(target=work, args=(f"w{n}",)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def test_the_command_line_sends_lists_and_retries(
    hotline: World, receiver: Receiver, terminal: Terminal
) -> None:
    handed_in(hotline, NOW)
    receiver.script(404)
    later = "2026-03-02T10:01"
    assert terminal.data("source deliver", at=later)["failed"] == 1
    listing = terminal("source failed", "--json")
    assert listing.exit_code == 1
    assert "http-404" in listing.stdout
    assert SECRET not in listing.stdout
    assert terminal.data("source retry --all", at=later) == {"news": 1}
    assert terminal.data("source deliver", at=later)["sent"] == 1
    assert terminal("source failed").exit_code == 0
