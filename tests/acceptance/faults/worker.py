"""A worker with a simulated clock: sweep, deliver, and again, until it is killed.

    python -m tests.acceptance.faults.worker --db URL --at 2026-03-20T09:02+08:00 --epoch 1.7e9 \
        --folder DIR --smtp-port 2525
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence

from config.settings import Settings, settings
from models.db import Database
from notifications.channels import registry
from tests.acceptance.faults.crowd import CHANNELS
from tests.acceptance.faults.patience import patiently
from tests.acceptance.faults.timing import add_arguments, clock_of
from workflow.heartbeats import beat
from workflow.scheduler import deliver, worker_name
from workflow.sweep import tick

BATCH = 4
"""Issues a transaction: few, so that there is always something left to be killed over."""
LEASE_SECONDS = 12
TRIES = 10_000
"""Every kill costs whatever was being sent a try; here there are more kills than anywhere. On a
machine with much to do a lease runs out by itself, too: it is a second of real time."""
DAYS = 365
"""Weeks pass from one moment that is played to the next: nothing is too old for that."""


def main(argv: Sequence[str]) -> None:
    """Work for as long as the process that started this one lives."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--smtp-port", required=True)
    args = parser.parse_args(argv)
    configure(args.folder, args.smtp_port)
    db, clock, parent = Database(args.db), clock_of(args), os.getppid()
    channels, name = registry(settings()), worker_name()
    while os.getppid() == parent:
        with patiently():
            tick(db, clock.now(), batch=BATCH, channels=CHANNELS)
            deliver(db, channels, clock.now, name)
            beat(db, "sweep", name, clock.now())
            time.sleep(0.03)


def configure(folder: str, smtp_port: str) -> Settings:
    """The settings of this process."""
    os.environ |= {
        "XIAOHAO_CHANNELS": ",".join(CHANNELS),
        "XIAOHAO_FOLDER_DIR": folder,
        "XIAOHAO_SMTP_PORT": smtp_port,
        "XIAOHAO_LEASE_SECONDS": str(LEASE_SECONDS),
        "XIAOHAO_SMTP_TIMEOUT": str(LEASE_SECONDS - 1),
        "XIAOHAO_DELIVERY_ATTEMPTS": str(TRIES),
        "XIAOHAO_DELIVERY_DAYS": str(DAYS),
    }
    settings.cache_clear()
    return settings()


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
