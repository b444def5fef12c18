"""The real command `xiaohao worker`: it drains on SIGTERM, and SIGKILL loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, literal_column, select

from config import clock
from models import tables
from models.db import Database
from tests.acceptance.faults.checker import check, watchdog_says
from tests.acceptance.faults.patience import ended, until
from tests.smtp import SmtpServer
from workflow.due import next_due

pytestmark = pytest.mark.slow
KILLS = 3


def started(db: Database, mail: SmtpServer, folder: Path) -> subprocess.Popen[bytes]:
    """The command as an administrator runs it. All deadlines lie in the past of any machine."""
    settings = {
        "XIAOHAO_DATABASE_URL": db.url, "XIAOHAO_CHANNELS": "inapp,smtp,folder",
        "XIAOHAO_SMTP_PORT": str(mail.port), "XIAOHAO_FOLDER_DIR": str(folder),
        "XIAOHAO_POLL_SECONDS": "0.2", "XIAOHAO_LEASE_SECONDS": "4", "XIAOHAO_SMTP_TIMEOUT": "3",
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("xiaohao")), "worker"]
    return subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL)


def waiting(db: Database) -> int:
    """Notices and messages that could have left by now."""
    now, notice, delivery = clock.now(), tables.notice.c, tables.delivery.c
    with db.read() as s:
        notices = select(func.count()).where(
            literal_column("state = 'pending'"), notice.not_before <= now
        )
        messages = select(func.count()).where(delivery.state.in_(("pending", "leased")))
        return int(s.execute(notices).scalar_one() + s.execute(messages).scalar_one())


def overdue(db: Database) -> bool:
    """Whether the sweep has work left."""
    with db.read() as s:
        due = next_due(s)
    return due is not None and due <= clock.now()


def test_a_worker_that_is_told_to_stop_ends_what_it_has_begun(
    crowded: Database, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    worker = started(crowded, smtp_server, tmp_path / "mail")
    until(lambda: bool(smtp_server.received), "the first mail")
    worker.send_signal(signal.SIGTERM)
    assert ended(worker) == 0
    with crowded.read() as s:
        leased = s.execute(select(tables.delivery.c.id).where(tables.delivery.c.state == "leased"))
        assert leased.all() == []
        sent = s.execute(select(tables.delivery.c.message_id).where(
            tables.delivery.c.state == "sent", tables.delivery.c.channel == "smtp"))  # fmt: skip
        marked = {row.message_id for row in sent}
    assert marked == {str(mail.message["Message-ID"]) for mail in smtp_server.received}


def test_killed_and_started_again_it_ends_where_it_should(
    crowded: Database, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    chance, kills = Random(7), 0
    while kills < KILLS:
        worker = started(crowded, smtp_server, tmp_path / "mail")
        until(lambda: bool(crowded_rungs(crowded)), "the first rungs")
        time.sleep(chance.uniform(0, 0.2))
        worker.kill()
        ended(worker)
        kills += 1
    worker = started(crowded, smtp_server, tmp_path / "mail")
    until(lambda: not overdue(crowded) and not waiting(crowded), "all is done")
    worker.terminate()
    assert ended(worker) == 0
    check(crowded, clock.now())
    assert watchdog_says(crowded, clock.now()) <= {"silent"}
    assert kills >= KILLS


def crowded_rungs(db: Database) -> int:
    """How many rungs are on record."""
    with db.read() as s:
        return int(s.execute(select(func.count()).select_from(tables.rung_firing)).scalar_one())
