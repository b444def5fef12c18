"""The ledger as a file: exactly the issues of the list that is shown, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from config.i18n import gettext as _
from models.queries.ledger import rows_for_export
from web.call import Call, reading
from web.late import LateRoute
from web.ledger_query import order, read
from web.navigation import refuse_administrators
from workflow.ledgers.exporter import export_issues

router = APIRouter(route_class=LateRoute)
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_CHUNK = 1 << 16


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


class Download(StreamingResponse):
    """An open file, which is closed whether or not the client waits for any of it."""

    def __init__(self, stream: IO[bytes], *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(_chunks(stream), media_type=media_type, headers=headers)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. A client that hangs up first leaves the iterator without a beginning."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


@router.get("/issues/export.{kind}")
def export(request: Request, kind: Literal["xlsx", "csv"]) -> Download:
    """The list as a file. What cannot be read in the address is refused, never left out."""
    with reading(request) as call:
        refuse_administrators(call)
        stream = _written(call, kind)
        name = f"{_('Issue ledger')}-{call.now.astimezone(call.zone):%Y%m%d-%H%M}.{kind}"
    headers = {
        "content-length": str(_size(stream)),
        "content-disposition": f'attachment; filename="issues.{kind}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "cache-control": "no-store",
    }
    return Download(stream, media_type=TYPES[kind], headers=headers)


def _written(call: Call, kind: str) -> IO[bytes]:
    """The whole file, opened; its name is gone already, so nothing is left behind."""
    asked = call.request.query_params
    rows = rows_for_export(
        call.s, call.person, read(call.s, call.person, asked), call.now, sort=order(asked)
    )
    with TemporaryDirectory(prefix="xiaohao-export-") as folder:
        path = Path(folder) / f"issues.{kind}"
        export_issues(call.s, (row.issue for row in rows), path, kind, now=call.now)
        return path.open("rb")


def _size(stream: IO[bytes]) -> int:
    size = stream.seek(0, 2)
    stream.seek(0)
    return size
