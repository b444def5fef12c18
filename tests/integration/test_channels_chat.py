"""Chats: WeCom's application with its token, the robots with their signatures and codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels.base import PermanentError, Rate, TemporaryError
from notifications.channels.dingtalk_robot import DingtalkRobot
from notifications.channels.feishu_robot import FeishuRobot
from notifications.channels.wecom_app import WecomApp
from notifications.channels.wecom_robot import WecomRobot
from tests.messages import LINK, NOW, NUMBER, PORTAL, TITLE, WANG, about, message
from tests.webhooks import Receiver, receiving, said

OK = said(errcode=0, errmsg="ok")
SECRET = "SEC0123456789abcdef"
MINUTE = timedelta(minutes=1)
MARK = "#5df19c"
"""The message's own, in WeCom's words."""


class Clock:
    """The moment that channels see."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    for place in ("wecom_app.tokens", "dingtalk_robot", "feishu_robot", "gateway"):
        monkeypatch.setattr(f"notifications.channels.{place}.now", found)
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def settings(receiver: Receiver) -> Settings:
    return Settings(
        channel_networks="127.0.0.0/8",
        base_url=PORTAL,
        wecom_url=receiver.base + "/",
        wecom_corp_id="ww1",
        wecom_agent_id=1000002,
        wecom_secret=SecretStr("app secret/1"),
        wecom_robot_url=SecretStr(f"{receiver.base}/cgi-bin/webhook/send?key=robot-key"),
        dingtalk_robot_url=SecretStr(f"{receiver.base}/robot/send?access_token=robot-token"),
        dingtalk_robot_secret=SecretStr(SECRET),
        feishu_robot_url=SecretStr(f"{receiver.base}/open-apis/bot/v2/hook/hook-id"),
        feishu_robot_secret=SecretStr(SECRET),
    )


def token(text: str, seconds: int = 7200) -> Any:
    return said(errcode=0, errmsg="ok", access_token=text, expires_in=seconds)


def body(receiver: Receiver, position: int = -1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(receiver.received[position].body)
    return found


def asked(receiver: Receiver) -> list[str]:
    return [f"{item.method} {item.path}" for item in receiver.received]


# ---------------------------------------------------------------- WeCom's application


def test_wecom_gets_text_for_one_member_with_the_duplicate_check(
    receiver: Receiver, clock: Clock
) -> None:
    receiver.script(token("t1"), OK)
    WecomApp(settings(receiver)).send(message())
    assert asked(receiver) == [
        "GET /cgi-bin/gettoken?corpid=ww1&corpsecret=app%20secret%2F1",
        "POST /cgi-bin/message/send?access_token=t1",
    ]
    assert body(receiver) == {
        "touser": "WangJianGuo",
        "msgtype": "text",
        "agentid": 1000002,
        "text": {"content": f"【销号】催办通知 {NUMBER} {TITLE}\n{LINK}\n{MARK}"},
        "safe": 0,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 1800,
    }


def test_wecom_takes_two_messages_of_the_same_words_for_two_and_a_repeat_for_one(
    receiver: Receiver, clock: Clock
) -> None:
    channel = WecomApp(settings(receiver))
    receiver.script(token("t1"), OK, OK, OK)
    other = replace(message(), message_id="<xiaohao.8.0a@example.org>")
    for one in (message(), message(), other):
        channel.send(one)
    first, again, second = (json.loads(got.body)["text"] for got in receiver.received[1:])
    assert first == again != second


def test_wecoms_limits_are_those_it_enforces_in_silence() -> None:
    assert WecomApp.rates == (Rate(30, 60, "recipient"), Rate(1000, 3600, "recipient"))
    assert WecomRobot.rates == DingtalkRobot.rates == (Rate(20, 60, "channel"),)


def test_a_token_is_fetched_once_until_it_expires(receiver: Receiver, clock: Clock) -> None:
    channel = WecomApp(settings(receiver))
    receiver.script(token("t1"), OK, OK, token("t2"), OK)
    channel.send(message())
    clock.now += timedelta(seconds=7200) - MINUTE - timedelta(seconds=1)
    channel.send(message())
    clock.now += timedelta(seconds=1)
    channel.send(message())
    sends = [path.rpartition("=")[2] for path in asked(receiver) if path.startswith("POST")]
    assert sends == ["t1", "t1", "t2"]


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_is_refused_is_replaced_and_the_message_sent(
    receiver: Receiver, clock: Clock, code: int
) -> None:
    receiver.script(token("t1"), said(errcode=code, errmsg="token"), token("t2"), OK)
    WecomApp(settings(receiver)).send(message())
    assert [path.rpartition("=")[2] for path in asked(receiver)][1::2] == ["t1", "t2"]


def test_a_token_that_is_refused_twice_is_the_channels_trouble(
    receiver: Receiver, clock: Clock
) -> None:
    over = said(errcode=42001, errmsg="access_token expired")
    receiver.script(token("t1"), over, token("t2"), over)
    with pytest.raises(TemporaryError, match="42001") as error:
        WecomApp(settings(receiver)).send(message())
    assert error.value.channel_wide
    assert len(receiver.received) == 4


def test_no_token_is_the_channels_trouble(receiver: Receiver, clock: Clock) -> None:
    receiver.script(said(errcode=40001, errmsg="invalid credential"))
    with pytest.raises(TemporaryError, match="no token: 40001 invalid credential") as error:
        WecomApp(settings(receiver)).send(message())
    assert error.value.channel_wide


@pytest.mark.parametrize("fault", ["invaliduser", "unlicenseduser"])
def test_a_member_who_is_not_there_bounces(receiver: Receiver, clock: Clock, fault: str) -> None:
    receiver.script(token("t1"), said(errcode=0, errmsg="ok", **{fault: "WangJianGuo"}))
    with pytest.raises(PermanentError, match=f"{fault} WangJianGuo") as error:
        WecomApp(settings(receiver)).send(message())
    assert error.value.bounced


@pytest.mark.parametrize("code", [81013, 60111, 40003])
def test_a_userid_that_is_none_bounces(receiver: Receiver, clock: Clock, code: int) -> None:
    receiver.script(token("t1"), said(errcode=code, errmsg="no"))
    with pytest.raises(PermanentError) as error:
        WecomApp(settings(receiver)).send(message())
    assert error.value.bounced


@pytest.mark.parametrize(
    ("code", "wide", "wait"),
    [(45009, True, MINUTE), (-1, True, None), (60020, True, None), (999999, False, None)],
)
def test_wecoms_temporary_codes(
    receiver: Receiver, clock: Clock, code: int, wide: bool, wait: timedelta | None
) -> None:
    receiver.script(token("t1"), said(errcode=code, errmsg="later"))
    with pytest.raises(TemporaryError, match="later") as error:
        WecomApp(settings(receiver)).send(message())
    assert (error.value.channel_wide, error.value.retry_after) == (wide, wait)


def test_content_that_wecom_refuses_is_not_tried_again(receiver: Receiver, clock: Clock) -> None:
    receiver.script(token("t1"), said(errcode=45002, errmsg="too long"))
    with pytest.raises(PermanentError) as error:
        WecomApp(settings(receiver)).send(message())
    assert not error.value.bounced


def test_an_address_reaches_one_member_only(receiver: Receiver, clock: Clock) -> None:
    receiver.script(token("t1"), OK)
    WecomApp(settings(receiver)).send(message(address="wang|@all"))
    assert body(receiver)["touser"] == "wang@all"


def test_whoever_has_no_userid_has_no_address_in_wecom(receiver: Receiver) -> None:
    channel = WecomApp(settings(receiver))
    assert channel.address_of(WANG) == "WangJianGuo"
    assert channel.address_of(replace(WANG, wecom_userid=None)) is None


# ---------------------------------------------------------------- robots


def test_wecoms_robot_mentions_by_userid_or_mobile(receiver: Receiver) -> None:
    channel = WecomRobot(settings(receiver))
    receiver.usual = OK
    for person in (
        WANG,
        replace(WANG, wecom_userid=None),
        replace(WANG, wecom_userid=None, phone=""),
    ):
        channel.send(message(address=channel.address_of(person)))
    found = [body(receiver, n)["text"] for n in range(3)]
    assert [text["mentioned_list"] for text in found] == [["WangJianGuo"], [], []]
    assert [text["mentioned_mobile_list"] for text in found] == [[], ["13800000000"], []]
    assert found[0]["content"] == f"王建国 【销号】催办通知 {NUMBER} {TITLE}\n{LINK}"


def test_dingtalks_robot_signs_the_moment_and_mentions_by_mobile(
    receiver: Receiver, clock: Clock
) -> None:
    channel = DingtalkRobot(settings(receiver))
    receiver.script(OK)
    channel.send(message(address=channel.address_of(WANG)))
    query = parse_qs(urlsplit(receiver.received[0].path).query)
    moment = str(int(NOW.timestamp() * 1000))
    digest = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": ["robot-token"],
        "timestamp": [moment],
        "sign": [base64.b64encode(digest).decode()],
    }
    told = body(receiver)
    assert told["at"] == {"atMobiles": ["13800000000"], "isAtAll": False}
    assert "13800000000" not in told["text"]["content"]


def test_feishus_robot_signs_in_its_own_way(receiver: Receiver, clock: Clock) -> None:
    channel = FeishuRobot(settings(receiver))
    receiver.script(said(StatusCode=0, StatusMessage="success"))
    channel.send(message(address=channel.address_of(WANG)))
    told = body(receiver)
    key = f"{told['timestamp']}\n{SECRET}".encode()
    assert told["timestamp"] == str(int(NOW.timestamp()))
    assert base64.b64decode(told["sign"]) == hmac.new(key, b"", hashlib.sha256).digest()
    assert told["content"]["text"].startswith("王建国 【销号】催办通知")


@pytest.mark.parametrize(
    ("robot", "answer", "wait"),
    [
        (WecomRobot, {"errcode": 45009, "errmsg": "freq"}, MINUTE),
        (WecomRobot, {"errcode": 93000, "errmsg": "invalid webhook url"}, None),
        (DingtalkRobot, {"errcode": 130101, "errmsg": "send too fast"}, 10 * MINUTE),
        (DingtalkRobot, {"errcode": 310000, "errmsg": "sign not match"}, None),
        (FeishuRobot, {"code": 11232, "msg": "frequency limited"}, MINUTE),
        (FeishuRobot, {"code": 19021, "msg": "sign match fail"}, None),
    ],
)
def test_what_a_robot_may_not_do_now_is_the_channels_trouble(
    receiver: Receiver, clock: Clock, robot: Any, answer: dict[str, Any], wait: timedelta | None
) -> None:
    receiver.script(said(**answer))
    with pytest.raises(TemporaryError) as error:
        robot(settings(receiver)).send(message(address="group"))
    assert (error.value.channel_wide, error.value.retry_after) == (True, wait)


@pytest.mark.parametrize(
    ("robot", "answer"),
    [
        (WecomRobot, {"errcode": 40058, "errmsg": "length"}),
        (DingtalkRobot, {"errcode": 430102, "errmsg": "text"}),
        (FeishuRobot, {"code": 9499, "msg": "Bad Request"}),
    ],
)
def test_what_a_robot_will_never_say_is_permanent(
    receiver: Receiver, clock: Clock, robot: Any, answer: dict[str, Any]
) -> None:
    receiver.script(said(**answer))
    with pytest.raises(PermanentError) as error:
        robot(settings(receiver)).send(message(address="group"))
    assert not error.value.bounced


# ---------------------------------------------------------------- the short form


def content(receiver: Receiver, *items: Any, **changes: Any) -> str:
    receiver.script(OK)
    WecomRobot(settings(receiver)).send(message(*items, address="group", **changes))
    text: str = body(receiver)["text"]["content"]
    return text


def test_several_notices_are_listed_gravest_first(receiver: Receiver) -> None:
    told = content(receiver, about("todo", task_number="B"), about("supervise", task_number="A"))
    assert told.splitlines() == [
        "王建国 【销号】共2件",
        f"1. 督办单 A {TITLE}",
        LINK,
        f"2. 待办 B {TITLE}",
        LINK,
    ]


def test_what_does_not_fit_is_counted_and_nothing_is_cut_in_half(receiver: Receiver) -> None:
    told = content(receiver, *[about("urge", task_number=f"N{n}") for n in range(40)])
    assert len(told.encode()) <= 2048
    shown = [line for line in told.splitlines() if line[0].isdigit()]
    assert told.splitlines()[-1] == f"另有{40 - len(shown)}件，请登录查看：{PORTAL}"
    assert 5 < len(shown) < 40
    assert all(line.endswith(TITLE) for line in shown)


def test_what_people_typed_mentions_nobody_and_links_nowhere(receiver: Receiver) -> None:
    nasty = 'a\n<at user_id="all">x</at><a href="https://evil.example">看</a>\u202e\x07b'
    told = content(receiver, about(issue_title=nasty))
    assert "<" not in told
    assert len(told.splitlines()) == 2
    assert not {"\u202e", "\x07"} & set(told)


def test_a_message_without_notices_is_its_subject(receiver: Receiver) -> None:
    told = content(receiver, subject="【销号】测试消息", items=())
    assert told == f"王建国 【销号】测试消息\n{PORTAL}"


def test_an_english_reader_is_told_in_english(receiver: Receiver) -> None:
    told = content(receiver, about("urge"), about("todo"), language="en")
    assert told.startswith("王建国 [Xiaohao] 2 notices\n1. Urging notice ")
