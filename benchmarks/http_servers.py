"""The servers under measurement: the one that is shipped, and others with the same application.

The others are installed by pip into an environment of their own under var/, which sees the
project's packages and adds the server's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pages_load import Server, free_port, running
from config.settings import Settings

ROOT = Path(__file__).parent.parent
HOME = ROOT / "var" / "benchmarks" / "http-servers"
REQUIREMENTS = Path(__file__).with_name("http_servers.txt")
ADDRESS, SETTINGS = "XIAOHAO_BENCH_DATABASE", "XIAOHAO_BENCH_SETTINGS"
SERVERS = ("uvicorn", "uvicorn+uvloop", "granian")


def settings(processes: int, port: int = 8000) -> Settings:
    """As shipped, but for the allowance of a key, which is for a program that runs wild."""
    return Settings(
        port=port, web_processes=processes, log_level="WARNING", api_per_minute=100_000_000
    )


def application() -> object:
    """The application, for servers that make it themselves."""
    from models.db import Database
    from web.server import create_app

    given = json.loads(os.environ[SETTINGS])
    return create_app(Database(os.environ[ADDRESS]), settings(**given), with_worker=False)


def environment() -> Path:
    """The folder of programs of the other servers, made at the first call."""
    programs = HOME / "bin"
    if not (programs / "granian").exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)
        own = sysconfig.get_path("purelib", vars={"base": str(HOME), "platbase": str(HOME)})
        (Path(own) / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


@contextmanager
def serving(name: str, url: str, processes: int) -> Iterator[Server]:
    """One of `SERVERS`, with as many processes."""
    port = free_port()
    if name == "uvicorn":
        command = [sys.executable, "-m", "benchmarks.http_servers", url, str(port), str(processes)]
    else:
        command = _other(name, port, processes)
    given = json.dumps({"processes": processes, "port": port})
    more = {ADDRESS: url, SETTINGS: given, "PYTHONPATH": str(ROOT)}
    with running(command, port, os.environ | more) as server:
        yield server


def _other(name: str, port: int, processes: int) -> list[str]:
    where = "benchmarks.http_servers:application"
    workers = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(processes)]
    python = str(environment() / "python")
    if name == "granian":
        quiet = ["--interface", "asgi", "--log-level", "warning", "--no-ws"]
        return [python, "-m", "granian", *quiet, *workers, "--factory", where]
    quick = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    return [
        python, "-m", "uvicorn", *quick, *workers, "--log-level", "warning", "--no-server-header",
        "--factory", where,
    ]  # fmt: skip


def main() -> None:
    """The shipped server: `xiaohao serve` without the clock's work."""
    from models.db import Database
    from web.serving import serve

    url, port, processes = sys.argv[1:]
    serve(Database(url), settings(int(processes), int(port)), with_worker=False)


if __name__ == "__main__":
    main()
