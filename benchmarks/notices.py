"""`python -m benchmarks.notices`: how fast notices leave, against bare sending in the same run.

--notices 10000 --people 500      so many notices to so many people, through mail and HTTP
--failing 0.05                    share of the people whose receivers refuse
--databases sqlite,postgresql     both by default
--workers 1                       threads that drain

Real servers on loopback take the messages. Every notice must end as sent or as failed with a
reason; the bare figure is the same messages by `smtplib` and `http.client` with no database.
"""

from __future__ import annotations

import argparse
import http.client
import smtplib
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, insert, select

from benchmarks.office import database
from benchmarks.receivers import Receivers, receiving
from config.settings import Settings
from models import migrate, tables
from models.db import Database
from models.directory import Directory, PersonInfo
from models.queries.people import add_unit, bump_organisation, load_directory
from notifications import outbox
from notifications.channels import registry
from notifications.delivery import bundle, drain
from notifications.examples import TASK
from notifications.intent import Intent

NOW = datetime(2026, 3, 2, 1, 10, tzinfo=UTC)
CHANNELS = ("inapp", "smtp", "webhook")
WAVES = 10
"""Moments at which notices fall due: each makes a message of its own for a person."""


ROUNDS = 40


def people(db: Database, n: int, failing: float) -> dict[int, PersonInfo]:
    """`n` people of one unit, by id; every so manieth has receivers that refuse."""
    bad = set(range(0, n, max(1, round(1 / failing)))) if failing else set()
    with db.write() as s:
        unit = add_unit(s, code="bench", name="计量处", kind="department")
        s.execute(
            insert(tables.person),
            [_person(f"{'bad' if k in bad else 'good'}{k}", unit) for k in range(n)],
        )
        bump_organisation(s)
        return load_directory(s).people


def _person(username: str, unit: int) -> dict[str, Any]:
    email = f"{username}@example.org"
    return {"username": username, "name": username, "unit_id": unit, "email": email}


def settings(receivers: Receivers) -> Settings:
    """Channels that send to the receivers."""
    return Settings(
        channels=",".join(CHANNELS),
        smtp_port=receivers.smtp_port,
        webhook_url=SecretStr(f"http://127.0.0.1:{receivers.http_port}/notices"),
        webhook_secret=SecretStr("loopback-secret"),
        channel_networks="127.0.0.0/8",
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of each stage, and how everything ended."""

    notices: int
    messages: int
    writing: float
    bundling: float
    sending: float
    bare: float
    states: dict[str, int]
    without_reason: int
    doubled: int

    @property
    def ratio(self) -> float:
        """Time of all our sending to that of bare sending."""
        return (self.bundling + self.sending) / self.bare


def measure(
    db: Database, notices: int, everybody: dict[int, PersonInfo], workers: int = 1
) -> Figures:
    """Write, bundle and send so many notices, then send the same messages bare."""
    with receiving() as receivers:
        channels = dict(registry(settings(receivers)))
        begun = time.perf_counter()
        _write(db, notices, everybody)
        written = time.perf_counter()
        for wave in range(WAVES):
            _bundle(db, NOW + timedelta(hours=wave))
        bundled = time.perf_counter()
        _send(db, channels, everybody, workers)
        sent = time.perf_counter()
        doubled = sum(n - 1 for t in (receivers.mail, receivers.web) for n in t.ids.values())
        bare = _bare(receivers, _recipients(db, everybody))
    states, silent = _ends(db)
    return Figures(
        notices, sum(_messages(db).values()), written - begun, bundled - written, sent - bundled,
        bare, states, silent, doubled,
    )  # fmt: skip


def _write(db: Database, notices: int, everybody: dict[int, PersonInfo]) -> None:
    """Notices go round the people, and each round falls due in the next wave."""
    told = list(everybody.values())
    n = len(told)
    for wave in range(WAVES):
        when = NOW + timedelta(hours=wave)
        mine = [k for k in range(notices) if k // n % WAVES == wave]
        with db.write() as s:
            intents = [
                Intent(f"task:{k}", "urge", "urge", told[k % n], TASK, 1, k, 1, False, when)
                for k in mine
            ]
            outbox.enqueue(s, intents, NOW, CHANNELS)


def _bundle(db: Database, at: datetime) -> None:
    while True:
        with db.write() as s:
            if not bundle(s, at, lambda moment: moment + timedelta(hours=1), domain="example.org"):
                return


def _send(
    db: Database, channels: dict[str, Any], everybody: dict[int, PersonInfo], workers: int
) -> None:
    """Until nothing is due, later tries included."""
    at = NOW + timedelta(hours=WAVES)
    for _ in range(ROUNDS):
        if not _open(db):
            return
        threads = [
            threading.Thread(
                target=drain, args=(db, channels, Directory(people=everybody), at, f"w{k}")
            )
            for k in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        at += timedelta(hours=6)
    raise RuntimeError(f"{_open(db)} messages were still open after {ROUNDS} rounds")


def _open(db: Database) -> int:
    waiting = tables.delivery.c.state.in_(("pending", "leased"))
    with db.read() as s:
        return int(s.execute(select(func.count(tables.delivery.c.id)).where(waiting)).scalar_one())


def _messages(db: Database) -> Counter[str]:
    channel = tables.delivery.c.channel
    with db.read() as s:
        counted = s.execute(select(channel, func.count()).group_by(channel))
        return Counter({str(name): int(n) for name, n in map(tuple, counted)})


def _ends(db: Database) -> tuple[dict[str, int], int]:
    """Notices by state, and failed ones that do not say why."""
    state, reason = tables.notice.c.state, tables.notice.c.reason
    with db.read() as s:
        counted = s.execute(select(state, func.count()).group_by(state).order_by(state))
        states = {str(name): int(n) for name, n in map(tuple, counted)}
        silent = select(func.count()).where(state == "failed", reason == "")
        return states, int(s.execute(silent).scalar_one())


def _recipients(db: Database, everybody: dict[int, PersonInfo]) -> dict[str, list[PersonInfo]]:
    """Of every message that was tried, its recipient, by channel."""
    found: dict[str, list[PersonInfo]] = {}
    row = tables.delivery.c
    with db.read() as s:
        for channel, key in map(
            tuple, s.execute(select(row.channel, row.recipient_id).where(row.attempts > 0))
        ):
            found.setdefault(channel, []).append(everybody[key])
    return found


def _bare(receivers: Receivers, recipients: dict[str, list[PersonInfo]]) -> float:
    """Seconds of sending as many messages by the libraries alone, a connection each."""
    begun = time.perf_counter()
    for person in recipients.get("smtp", []):
        _bare_mail(receivers.smtp_port, person)
    for person in recipients.get("webhook", []):
        _bare_post(receivers.http_port, person)
    return time.perf_counter() - begun


def _bare_mail(port: int, person: PersonInfo) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "催办", "a@example.org", person.email
    mail.set_content("您有一项待办。\n" * 20)
    with smtplib.SMTP("127.0.0.1", port, "bench", timeout=20) as client:
        try:
            client.send_message(mail)
        except smtplib.SMTPRecipientsRefused:
            return


def _bare_post(port: int, person: PersonInfo) -> None:
    body = f'{{"id": "bare", "data": {{"recipient": {{"username": "{person.username}"}}}}}}'
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("POST", "/notices", body.encode(), {"Content-Type": "application/json"})
    client.getresponse().read()
    client.close()


def main(arguments: list[str] | None = None) -> None:
    """Measure and print; never judges, so it never fails for being slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notices", description=__doc__)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--failing", type=float, default=0.05)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args(arguments)
    for kind in chosen.databases.split(","):
        with database(kind) as db:
            migrate.upgrade(db.url)
            everybody = people(db, chosen.people, chosen.failing)
            _print(kind, measure(db, chosen.notices, everybody, chosen.workers))


def _print(kind: str, found: Figures) -> None:
    ends = ", ".join(f"{n} {state}" for state, n in found.states.items())
    sys.stdout.write(
        f"{kind:11} {found.notices} notices in {found.messages} messages: "
        f"written in {found.writing:.2f} s, bundled in {found.bundling:.2f} s, sent in "
        f"{found.sending:.2f} s ({found.messages / found.sending:.0f}/s), bare "
        f"{found.bare:.2f} s, ratio {found.ratio:.2f}; {ends}, {found.without_reason} without a "
        f"reason, {found.doubled} doubled\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
