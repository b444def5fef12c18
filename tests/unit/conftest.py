"""Documents of GB/T 9704-2012 as PDF, drawn once: the tests only measure them."""

from __future__ import annotations

import pytest

from tests.sheets import Drawn, as_pdf, drawn, sheet


@pytest.fixture(scope="session")
def file() -> Drawn:
    """A 文件 with all its parts."""
    return drawn(as_pdf(sheet("file")))


@pytest.fixture(scope="session")
def letter() -> Drawn:
    """A 信函 with all its parts."""
    return drawn(as_pdf(sheet("letter")))
