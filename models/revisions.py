"""Which revision of the schema this program was written for; cheap enough for every command."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, text


@cache
def newest() -> str:
    """The newest revision: migrations are numbered, and their files begin with the number."""
    names = (found.name for found in files("migrations").joinpath("versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[:4].isdigit())


def is_behind(connection: Connection) -> bool:
    """Whether the database is older than the program: it must be upgraded first.

    One that is newer is served: an upgrade runs while older programs are still at work.
    """
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found is None or str(found) < newest()
