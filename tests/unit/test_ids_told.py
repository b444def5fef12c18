"""The header that names a message's notices stays short, however many there are."""

from __future__ import annotations

import pytest

from notifications.items import IDS, Item, ids_told


@pytest.mark.parametrize(("number", "more"), [(1, ""), (IDS, ""), (IDS + 1, " +1"), (50_000, None)])
def test_the_first_are_named_and_the_others_counted(number: int, more: str | None) -> None:
    told = ids_told([Item("urge", {}, notice_id=1_000_000 + n) for n in range(number)])
    named = told.split(" +")[0].split()
    assert named == [str(1_000_000 + n) for n in range(min(number, IDS))]
    assert told.removeprefix(" ".join(named)) == (f" +{number - IDS}" if more is None else more)
    assert len(told) < 20_000
