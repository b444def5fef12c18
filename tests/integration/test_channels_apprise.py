"""Apprise against real receivers: the library itself sends, and is kept to the allow-list."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import Settings
from notifications.channels.apprise import Apprise
from notifications.channels.base import TemporaryError
from notifications.http.addresses import networks
from notifications.http.guard import guarded
from tests.messages import LINK, NUMBER, PORTAL, TITLE, WANG, message
from tests.webhooks import STALL, Receiver, receiving

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # apprise's own
INSIDE = "127.0.0.0/8"
KEY = "s3cret-robot-key-0001"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        found.usual = 200
        yield found


def channel(*urls: str, **changes: Any) -> Apprise:
    options: dict[str, Any] = {
        "channel_networks": INSIDE,
        "channel_timeout": 5.0,
        "base_url": PORTAL,
        "apprise_urls": SecretStr("\n".join(urls)),
    }
    return Apprise(Settings(**{**options, **changes}))


def url(receiver: Receiver, rest: str = "") -> str:
    return f"json://127.0.0.1:{receiver.port}/{rest}"


def test_the_library_delivers_the_short_form(receiver: Receiver) -> None:
    channel(url(receiver, f"{KEY}?+X-Room=office")).send(message(address="group"))
    (request,) = receiver.received
    assert request.event["message"] == f"【销号】催办通知 {NUMBER} {TITLE}\n{LINK}"
    assert request.path.startswith(f"/{KEY}")
    assert request.headers["X-Room"] == "office"


def test_an_address_may_name_the_person(receiver: Receiver) -> None:
    made = channel(url(receiver, "{email}/{phone}"))
    address = made.address_of(WANG)
    assert address == "email=wang%40example.org&phone=13800000000"
    made.send(message(address=address))
    assert receiver.received[0].path == "/wang@example.org/13800000000"


def test_a_person_without_what_an_address_needs_has_none(receiver: Receiver) -> None:
    made = channel(url(receiver), url(receiver, "{phone}"))
    assert made.address_of(replace(WANG, phone="0519-88881234")) is None
    slash = replace(WANG, email="a/b@example.org")
    assert channel(url(receiver, "{email}")).address_of(slash) is None
    assert channel(url(receiver)).address_of(WANG) == "group"


def test_what_one_address_took_is_not_sent_there_again(receiver: Receiver) -> None:
    with receiving() as other:
        other.usual = 200
        other.script(500)
        made = channel(url(receiver), url(other))
        with pytest.raises(TemporaryError, match="apprise: address 2: "):
            made.send(message(address="group"))
        made.send(message(address="group"))
        assert len(receiver.received) == 1
        assert len(other.received) == 2


def test_a_service_that_refuses_is_tried_again(receiver: Receiver) -> None:
    receiver.script(500)
    with pytest.raises(TemporaryError, match="error=500") as error:
        channel(url(receiver)).send(message(address="group"))
    assert not error.value.channel_wide


def test_a_service_that_says_nothing_is_given_up(receiver: Receiver) -> None:
    receiver.script(STALL)
    with pytest.raises(TemporaryError):
        channel(url(receiver, "?rto=0.2")).send(message(address="group"))


def test_nothing_goes_inside_the_house_unless_the_settings_name_the_network(
    receiver: Receiver,
) -> None:
    with pytest.raises(TemporaryError, match=r"address-refused: 127\.0\.0\.1") as error:
        channel(url(receiver), channel_networks="").send(message(address="group"))
    assert error.value.channel_wide
    assert receiver.received == []


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with receiving() as inner:
        receiver.script((302, {"Location": f"{inner.base}/admin"}))
        with pytest.raises(TemporaryError):
            channel(url(receiver)).send(message(address="group"))
        assert inner.received == []


def test_an_address_that_apprise_does_not_know_is_a_fault_of_the_settings() -> None:
    for wrong in (f"nosuch://{KEY}", f"wecombot://{KEY}!!", KEY):
        with pytest.raises(TemporaryError, match="not understood") as error:
            channel(wrong).send(message(address="group"))
        assert error.value.channel_wide
        assert KEY not in str(error.value)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_no_secret_is_logged_or_told(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.script((status, {}, KEY.encode()))
    made = channel(url(receiver, f"{KEY}?+Authorization={KEY}"))
    try:
        made.send(message(address="group"))
    except TemporaryError as error:
        assert KEY not in str(error)
    assert len(receiver.received) == 1
    assert KEY not in caplog.text
    assert not logging.getLogger("apprise").propagate  # its warnings may quote an address, too


def test_without_the_library_the_channel_says_what_to_install(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "notifications.channels.apprise.library", raising=False)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(TemporaryError, match="pip install") as error:
        channel(url(receiver)).send(message(address="group"))
    assert error.value.channel_wide


def test_no_address_is_a_fault_of_the_settings() -> None:
    with pytest.raises(TemporaryError, match="XIAOHAO_APPRISE_URLS is not set"):
        channel().send(message(address="group"))


# ---------------------------------------------------------------- the guard


def test_the_guard_lets_no_connection_and_no_program_through(receiver: Receiver) -> None:
    with guarded((), encrypted=True) as guard:
        with pytest.raises(PermissionError):
            socket.create_connection(("127.0.0.1", receiver.port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            with pytest.raises(PermissionError):
                sender.sendto(b"x", ("169.254.169.254", 80))
            with pytest.raises(PermissionError):  # the name would be looked up out of our sight
                sender.connect(("localhost", 80))
        with socket.socket(socket.AF_UNIX) as local, pytest.raises(PermissionError):
            local.connect("/run/dbus/system_bus_socket")
        with pytest.raises(PermissionError):
            subprocess.run(["/bin/true"], check=False)
    assert guard.refused == [
        "127.0.0.1",
        "169.254.169.254",
        "localhost",
        "a local socket",
        "a program",
    ]
    socket.create_connection(("127.0.0.1", receiver.port)).close()  # outside of it, as ever


def test_the_guard_lets_named_networks_through(receiver: Receiver) -> None:
    with guarded(networks(INSIDE), encrypted=False) as guard:
        socket.create_connection(("127.0.0.1", receiver.port)).close()
    assert guard.refused == []
