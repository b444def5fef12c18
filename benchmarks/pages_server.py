"""The server under measurement: `python -m benchmarks.pages_server URL PORT PROCESSES`."""

from __future__ import annotations

import sys

from config.settings import Settings
from models.db import Database
from web.serving import serve


def main() -> None:
    """As `xiaohao serve` runs it, but nothing is swept or delivered meanwhile."""
    url, port, processes = sys.argv[1:]
    settings = Settings(port=int(port), web_processes=int(processes), log_level="WARNING")
    serve(Database(url), settings, with_worker=False)


if __name__ == "__main__":
    main()
