"""Imported before any table: neither their validators nor their mappers are made.

Rows come and go through Core; the classes say what the columns are. Nobody has pydantic check a
row or SQLAlchemy make an object of one, and making ready for that would take half of the time that
the tables take to load.
"""

from __future__ import annotations

from sqlmodel import SQLModel

SQLModel.model_config["defer_build"] = True
SQLModel._sa_decl_prepare = True  # as `DeferredReflection` has it
