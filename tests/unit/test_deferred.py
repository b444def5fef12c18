"""Tables are there at once; what nobody needs of their classes is not made."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm.exc import UnmappedClassError

from models import tables
from models.issue import Issue


def test_tables_have_their_columns_and_no_class_is_mapped() -> None:
    assert tables.issue is tables.metadata.tables["issue"]
    assert {"id", "number", "state", "version"} <= set(tables.issue.c.keys())
    with pytest.raises(UnmappedClassError):
        inspect(Issue)
