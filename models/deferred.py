"""Imported before any table: their validators are made only when somebody asks for one.

Rows come and go through Core; the classes say what the columns are. Nobody has pydantic check a
row, and making ready for it would take a quarter of the time that the tables take to load.
"""

from __future__ import annotations

from sqlmodel import SQLModel

SQLModel.model_config["defer_build"] = True
