"""Django as both of its peers are set up: one database, durable commits, no server."""

# mypy: ignore-errors
from __future__ import annotations

from importlib import import_module
from typing import Any

import django
from answering import answer, given
from django.conf import settings
from django.core.management import call_command

UNMIGRATED = ("auth", "contenttypes", "django_fsm_log", "viewflow")
"""Apps whose tables are made from their models as they are, like the office's own."""
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"


def serve(life: str, *apps: str) -> None:
    """Three people, then lives, as the module of that name lives them."""
    configure(given(), *apps)
    live = import_module(life).live  # models can be imported only now
    from django.contrib.auth.models import User

    names = ("reporter", "chief", "liaison")
    people = {name: User.objects.create(username=name) for name in names}
    answer(lambda: live(people))


def configure(database: dict[str, Any], *apps: str) -> None:
    """Set up and make the tables of these apps and of Django's users."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        DATABASES={"default": _database(database)},
        MIGRATION_MODULES=dict.fromkeys(UNMIGRATED),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        DEBUG=False,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


def _database(given: dict[str, Any]) -> dict[str, Any]:
    if given["kind"] == "sqlite":
        options = {"init_command": PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": 30}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": given["path"], "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given["name"],
        "USER": given["user"],
        "HOST": given["host"],
        "CONN_MAX_AGE": None,
    }
