"""One client in a process of its own: asks when it is told to, and says how long each took."""

from __future__ import annotations

import http.client
import json
import sys
import time

COOKIE = "xiaohao_session"


def main() -> None:
    """Reads a line of JSON, says that it is ready, and begins with the next line."""
    job = json.loads(sys.stdin.readline())
    connection = http.client.HTTPConnection("127.0.0.1", job["port"], timeout=600)
    path, secret = job["asks"][0]
    ask(connection, path, secret)
    print("ready", flush=True)
    sys.stdin.readline()
    asks = [one for _round in range(job["rounds"]) for one in job["asks"]]
    print(json.dumps([ask(connection, path, secret) for path, secret in asks]), flush=True)


def ask(connection: http.client.HTTPConnection, path: str, secret: str) -> float:
    """Milliseconds until the whole page is there. Raises RuntimeError for any other answer."""
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"{COOKIE}={secret}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
