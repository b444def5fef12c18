"""Values that go straight to a driver are the ones that the column types would give it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.engine import make_url

from models import tables
from models.converting import binder, reader

AT = tables.event.c.at.type
DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg")]
ZONES = st.sampled_from(
    [UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=-3.5))]
)
MOMENTS = st.datetimes(timezones=ZONES).filter(lambda moment: 2 < moment.year < 9998)


def by_the_type(dialect: Dialect, moment: datetime) -> Any:
    """As SQLAlchemy gives it to the driver."""
    return AT.dialect_impl(dialect).bind_processor(dialect)(moment)  # type: ignore[misc]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@given(moment=MOMENTS)
def test_a_moment_goes_and_comes_as_the_column_has_it(dialect: Dialect, moment: datetime) -> None:
    bind, read = binder(AT, dialect), reader(AT, dialect)
    assert bind is not None and read is not None
    kept = bind(moment)
    assert kept == by_the_type(dialect, moment)
    found = read(kept)
    assert found == AT.dialect_impl(dialect).result_processor(dialect, None)(kept)  # type: ignore[misc]
    assert found == moment.astimezone(UTC) and found.tzinfo is UTC


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_nothing_stays_nothing_and_a_naive_moment_is_refused(dialect: Dialect) -> None:
    bind = binder(AT, dialect)
    assert bind is not None
    assert bind(None) is None
    with pytest.raises(ValueError, match="timezone"):
        bind(datetime.now(UTC).replace(tzinfo=None))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("name", ["data", "tag", "seq"])
def test_other_columns_convert_as_their_types_do(dialect: Dialect, name: str) -> None:
    type_ = tables.event.c[name].type
    bind, known = binder(type_, dialect), type_.dialect_impl(dialect).bind_processor(dialect)
    assert (bind is None) == (known is None)
    if dialect.name == "sqlite" and bind is not None and known is not None:
        assert bind({"b": 1, "a": "项"}) == known({"b": 1, "a": "项"})
