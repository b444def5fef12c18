"""django-fsm (the maintained fork, django-fsm-2) with django-fsm-log."""

# mypy: ignore-errors
from __future__ import annotations

from django_office import serve

serve("fsm_office.life", "django_fsm_log", "fsm_office")
