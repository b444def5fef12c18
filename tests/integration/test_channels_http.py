"""What all channels over HTTP share: errors told apart, no way inside the house, no secret told."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels import registry
from notifications.channels.base import Channel, PermanentError, TemporaryError
from tests.messages import PORTAL, WANG, message
from tests.webhooks import DRIP, DROP, STALL, Answer, Receiver, receiving, said

INSIDE = "127.0.0.0/8"
SECRETS = ("s3cret-robot-key-0001", "s3cret-signature-0002", "s3cret-account-0003")
KEY, SIGNATURE, ACCOUNT = SECRETS


@dataclass(frozen=True)
class Case:
    """A channel, its settings for a receiver, and how the service says that it took a message."""

    name: str
    settings: Callable[[str], dict[str, Any]]
    taken: Answer
    before: tuple[Answer, ...] = ()


TOKEN = said(errcode=0, errmsg="ok", access_token="s3cret-token-0004", expires_in=7200)
CASES = [
    Case(
        "wecom_app",
        lambda base: {"wecom_url": base, "wecom_corp_id": "ww1", "wecom_secret": SecretStr(KEY)},
        said(errcode=0, errmsg="ok"),
        (TOKEN,),
    ),
    Case(
        "wecom_robot",
        lambda base: {"wecom_robot_url": SecretStr(f"{base}/cgi-bin/webhook/send?key={KEY}")},
        said(errcode=0, errmsg="ok"),
    ),
    Case(
        "dingtalk_robot",
        lambda base: {
            "dingtalk_robot_url": SecretStr(f"{base}/robot/send?access_token={KEY}"),
            "dingtalk_robot_secret": SecretStr(SIGNATURE),
        },
        said(errcode=0, errmsg="ok"),
    ),
    Case(
        "feishu_robot",
        lambda base: {
            "feishu_robot_url": SecretStr(f"{base}/open-apis/bot/v2/hook/{KEY}"),
            "feishu_robot_secret": SecretStr(SIGNATURE),
        },
        said(code=0, msg="success"),
    ),
    Case(
        "webhook",
        lambda base: {
            "webhook_url": SecretStr(f"{base}/hook?token={KEY}"),
            "webhook_secret": SecretStr(SIGNATURE),
        },
        204,
    ),
    Case(
        "sms",
        lambda base: {
            "sms_url": SecretStr(f"{base}/sms?key={KEY}"),
            "sms_secret": SecretStr(ACCOUNT),
            "sms_headers": SecretStr(f'{{"Authorization": "Bearer {SIGNATURE}"}}'),
            "sms_body": '{"phone": "{phone}", "content": "{text}", "pass": "{secret}"}',
            "sms_success": "code=0",
        },
        said(code=0),
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def made(case: Case, base: str, **changes: Any) -> Channel:
    options = {"channel_networks": INSIDE, "channel_timeout": 5.0, "base_url": PORTAL}
    given = {"channels": case.name, **options, **case.settings(base), **changes}
    return registry(Settings(**given))[case.name]


def send(channel: Channel) -> None:
    channel.send(message(address=channel.address_of(WANG)))


def failing(case: Case, receiver: Receiver, *answers: Answer, **changes: Any) -> TemporaryError:
    """What a channel raises when the service answers so."""
    receiver.script(*case.before, *answers)
    with pytest.raises(TemporaryError) as error:
        send(made(case, receiver.base, **changes))
    return error.value


def secrets(case: Case) -> list[str]:
    """What of that channel nobody may be told."""
    given = [value for value in case.settings("").values() if isinstance(value, SecretStr)]
    texts = " ".join(value.get_secret_value() for value in given)
    return [secret for secret in SECRETS if secret in texts] + ["s3cret-token-0004"]


def untold(case: Case, *texts: str) -> None:
    for secret in secrets(case):
        assert not [text for text in texts if secret in text]


def test_a_message_arrives_once_with_number_title_and_link_and_nothing_else(
    case: Case, receiver: Receiver
) -> None:
    receiver.script(*case.before, case.taken)
    send(made(case, receiver.base))
    (request,) = receiver.received[len(case.before) :]
    told = request.body.decode()
    for part in ("JFJ-2026-0012-01", "十千伏架空线影响桩基施工", "/issues/JFJ-2026-0012"):
        assert part in told
    for part in ("桩机不能进场", "停电计划", "李敏", "2026-10-23"):
        assert part not in told


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401, 403, 404])
def test_a_service_in_trouble_is_everybodys_trouble(
    case: Case, receiver: Receiver, status: int
) -> None:
    error = failing(case, receiver, status)
    assert error.channel_wide
    assert f"{case.name}: http-{status}" in str(error)


def test_a_wish_to_wait_is_kept(case: Case, receiver: Receiver) -> None:
    error = failing(case, receiver, (429, {"Retry-After": "90"}))
    assert error.retry_after == timedelta(seconds=90)


def test_a_wish_that_is_no_number_is_no_fault_of_ours(case: Case, receiver: Receiver) -> None:
    error = failing(case, receiver, (429, {"Retry-After": "²"}))  # a digit, and no decimal one
    assert error.retry_after is None and error.channel_wide


@pytest.mark.parametrize("answer", [DROP, STALL, DRIP])
def test_no_answer_in_time_is_temporary(case: Case, receiver: Receiver, answer: str) -> None:
    error = failing(case, receiver, answer, channel_timeout=0.4)
    assert error.channel_wide
    assert ("no answer in time" in str(error)) == (answer != DROP)


def test_nobody_there_is_temporary(case: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TemporaryError, match="ConnectionRefused") as error:
        send(made(case, f"http://127.0.0.1:{port}"))
    assert error.value.channel_wide


def test_a_redirect_is_not_followed(case: Case, receiver: Receiver) -> None:
    with receiving() as inner:
        error = failing(case, receiver, (302, {"Location": f"{inner.base}/admin"}))
        assert inner.received == []
    assert "redirect-refused" in str(error)
    assert len(receiver.received) == len(case.before) + 1


def test_nothing_goes_inside_the_house_unless_the_settings_name_the_network(
    case: Case, receiver: Receiver
) -> None:
    for networks in ("", "10.0.0.0/8"):
        with pytest.raises(TemporaryError, match=r"address-refused: 127\.0\.0\.1") as error:
            send(made(case, receiver.base, channel_networks=networks))
        assert error.value.channel_wide
    assert receiver.received == []


def test_a_name_that_leads_inside_the_house_is_refused(
    case: Case, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: there)
    with pytest.raises(TemporaryError, match="address-refused"):
        send(made(case, f"http://robots.example.org:{receiver.port}", channel_networks=""))
    assert receiver.received == []


def test_a_message_that_is_refused_is_not_tried_again(case: Case, receiver: Receiver) -> None:
    receiver.script(*case.before, 400)
    with pytest.raises(PermanentError, match="http-400") as error:
        send(made(case, receiver.base))
    assert not error.value.bounced


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500])
def test_no_secret_is_told_though_the_service_echoes_everything(
    case: Case, receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"access_token={secrets(case)[-1]} wrong {' '.join(secrets(case)[:-1])} key={KEY}"
    receiver.script(*case.before, (status, {}, echo.encode()))
    channel = made(case, receiver.base)
    try:
        send(channel)
    except (TemporaryError, PermanentError) as error:
        untold(case, str(error), repr(error))
        assert error.__cause__ is None
    else:
        assert case.name == "webhook"
    untold(case, caplog.text, repr(channel), repr(vars(channel).get("settings")))


@pytest.mark.parametrize("before", [170, 180, 190, 200])
def test_a_secret_that_is_cut_through_is_not_told_either(
    case: Case, receiver: Receiver, before: int
) -> None:
    for secret in secrets(case)[:-1]:
        error = failing(case, receiver, (500, {}, b"x" * before + b" " + secret.encode()))
        assert secret[:8] not in str(error)


def test_a_channel_that_is_not_set_up_says_which_setting_is_missing(case: Case) -> None:
    channel = registry(Settings(channels=case.name))[case.name]
    with pytest.raises(TemporaryError, match=r"XIAOHAO_[A-Z_]+ is not set") as error:
        channel.send(message(address="group"))
    assert error.value.channel_wide


def test_too_large_an_answer_is_not_read_to_its_end(case: Case, receiver: Receiver) -> None:
    huge = b'{"errcode": 0, "code": 0, "x": "' + b"x" * 5_000_000 + b'"}'
    receiver.script(*case.before, (200, {}, huge))
    if case.name == "webhook":  # only the status counts there
        send(made(case, receiver.base))
    else:
        with pytest.raises(TemporaryError) as error:
            send(made(case, receiver.base))
        assert len(str(error.value)) < 300
