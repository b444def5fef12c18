"""What a template may spend: rounds of loops, calls, and the length of what it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context

from config.i18n import gettext as _

WORK = 20_000
"""What a template may spend: rounds, calls, and a unit for every hundred characters it makes."""
MOST_CHARS = 100_000
"""The longest text, or the heaviest list, that a template may make."""
MOST_RANGE = 1_000
MOST_BITS = 256
"""The largest number, as a power of two."""
MOST_DIGITS = 30
"""How many digits a number may be rounded to, before or behind the point."""
_PLAIN = (str, int, float, Undefined)


class TooMuch(SecurityError):
    """A template wants more than it may have."""


class _Budget:
    """What is left of a render's budget."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = WORK

    def spend(self, units: int) -> None:
        """Raises `TooMuch` when nothing is left."""
        self.left -= units
        if self.left < 0:
            raise TooMuch(_("the template does too much"))


BUDGET: ContextVar[_Budget | None] = ContextVar("xiaohao_template_budget", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """Whatever is rendered inside has one budget for all of it."""
    token = BUDGET.set(_Budget())
    try:
        yield
    finally:
        BUDGET.reset(token)


def spend(units: int) -> None:
    """Take units from the budget, where there is one. Raises `TooMuch`."""
    budget = BUDGET.get()
    if budget is not None:
        budget.spend(units)


def made(chars: int) -> None:
    """Account for a text or list of that weight, before it is made."""
    if BUDGET.get() is not None:
        if chars > MOST_CHARS:
            raise TooMuch(_("the template makes too long a text"))
        spend(1 + chars // 100)


@pass_context  # or else Jinja would count a list of constants once, while it compiles
def counted(context: Context, items: Any) -> list[Any]:
    """A loop's items, paid for before its first round."""
    found = list(items) if BUDGET.get() is None else list(islice(items, WORK + 1))
    spend(len(found))
    return found


def joined(parts: Iterable[Any], separator: Any = "") -> str:
    """Texts joined, paid for before they are."""
    texts = [str(plain(part)) for part in parts]
    between = str(plain(separator))
    made(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def weighed(value: Any) -> Any:
    """A list or dictionary that a template has made, paid for by its contents."""
    made(_weight(value))
    return value


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return 1 + len(value)
    if isinstance(value, dict):
        return 1 + sum(map(_weight, value.values()))
    return 1 + sum(map(_weight, value)) if isinstance(value, list | tuple) else 1


@pass_context  # as in `counted`
def read(context: Context, value: Any) -> Any:
    """What is read from end to end, paid for each time."""
    if BUDGET.get() is not None:
        made(_weight(value))
    return value


def rounded(value: Any, precision: Any = 0, method: str = "common") -> Any:
    """Jinja's `round`, to a number of digits that cannot make it build a huge power of ten."""
    if not isinstance(precision, int) or abs(precision) > MOST_DIGITS:
        raise TooMuch(_("the template makes too large a number"))
    return FILTERS["round"](plain(value), precision, method)


def plain(value: Any) -> Any:
    """A text or a number. Anything else is no words for people, and may be endless as a text."""
    if value is None or isinstance(value, _PLAIN):
        return value
    name = type(value).__name__
    raise SecurityError(_("{name} cannot be printed; say which part is meant").format(name=name))


def of_text(name: str) -> Callable[..., Any]:
    """A filter of Jinja that is given texts and numbers only."""

    def checked(value: Any, *args: Any) -> Any:
        return FILTERS[name](plain(value), *args)

    return checked


def short_range(*bounds: int) -> range:
    """Python's `range`, if it is short. Raises `TooMuch`."""
    found = range(*bounds)
    if len(found) > MOST_RANGE:
        raise TooMuch(_("a range has at most {n} numbers").format(n=MOST_RANGE))
    return found


def _times(left: Any, right: Any) -> None:
    for value, n in ((left, right), (right, left)):
        if isinstance(value, str | list | tuple) and isinstance(n, int):
            _bound(_weight(value) * max(n, 0))
    if isinstance(left, int) and isinstance(right, int):
        _bound_bits(left.bit_length() + right.bit_length())


def _power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        _bound_bits(left.bit_length() * abs(right))


def _plus(left: Any, right: Any) -> None:
    if isinstance(left, str | list | tuple):
        made(_weight(left) + _weight(right))


def _modulo(left: Any, right: Any) -> None:
    if isinstance(left, str):  # '%999999999d' % 1
        raise SecurityError(_("texts are not formatted with %"))


def anything(left: Any, right: Any) -> None:
    """Cannot grow."""


def _bound(chars: int) -> None:
    if chars > MOST_CHARS:
        raise TooMuch(_("the template makes too long a text"))
    made(chars)


def _bound_bits(bits: int) -> None:
    if bits > MOST_BITS:
        raise TooMuch(_("the template makes too large a number"))


OPERATIONS: dict[str, Callable[[Any, Any], None]] = {
    "*": _times, "**": _power, "+": _plus, "%": _modulo,
}  # fmt: skip
