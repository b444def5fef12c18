"""A virus scanner of the house's choice, if the settings name one."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from config.i18n import gettext as _
from config.settings import Settings
from workflow.errors import GuardFailed, Reason
from workflow.evidence_safety.refusals import FIELD, refused

CLEAN, INFECTED = 0, 1
log = logging.getLogger(__name__)


def scan(path: Path, config: Settings) -> None:
    """Run the scanner over a file, its path appended to the command, without a shell.

    Raises `Malformed` for an infected file (exit code 1), and `GuardFailed` when the scanner
    failed or took too long: what was not scanned is not kept.
    """
    command = shlex.split(config.virus_scan_command)
    if not command:
        return
    answer = _run([*command, str(path.resolve())], config.virus_scan_timeout)
    if answer == INFECTED:
        log.warning("infected evidence refused", extra={"action": "evidence.infected"})
        raise refused(
            "file_infected",
            _("The virus scanner found something in the file."),
            _("Clean your computer, then give a clean file."),
        )
    if answer != CLEAN:
        log.error("virus scan failed: %s", answer, extra={"action": "evidence.scan_failed"})
        raise GuardFailed(
            Reason(
                "scan_failed",
                _("The file could not be scanned for viruses, so it was not kept."),
                FIELD,
                _("Try again later; tell the system administrator if it goes on."),
            )
        )


def _run(command: list[str], seconds: float) -> int | str:
    """The scanner's exit code, or what went wrong. It runs without our settings and secrets."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("XIAOHAO_")}
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, env=plain, start_new_session=True
        )
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the scanner behind, its helpers included."""
    if process.poll() is None:
        with suppress(ProcessLookupError, AttributeError):  # not every system has groups
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
