"""The environment in which notices are rendered, fit for templates that administrators write.

A template reaches data and nothing else: no attribute of Python's own objects, a short list of
filters, no way to build what is huge. Inside `bounded()` it also has a budget: every round of a
loop, every call and every text it makes costs something, so that it ends soon whatever it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NoReturn

from jinja2 import PackageLoader, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.environment import TemplateModule
from jinja2.filters import FILTERS
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from config.i18n import gettext as _
from notifications import moments
from notifications.kinds import KINDS
from notifications.sandbox_budget import (
    BUDGET,
    MOST_CHARS,
    OPERATIONS,
    anything,
    counted,
    joined,
    made,
    of_text,
    plain,
    read,
    rounded,
    short_range,
    spend,
    weighed,
)

_DICT_METHODS = frozenset({"get", "items", "keys", "values"})
_AS_THEY_ARE = ("abs", "count", "d", "default", "first", "last", "length", "list", "sort")
_OF_TEXTS = ("capitalize", "int", "lower", "title", "trim", "upper")
FILTERS_ALLOWED = (*_AS_THEY_ARE, *_OF_TEXTS, "join", "round", "unique")
"""Filters of Jinja that a template may use, beside `zh_moment` and its like."""
_READS = frozenset({*_OF_TEXTS, "zh_moment", "en_moment"})
"""Filters that go through the whole of what they are given."""
_ROUNDS = frozenset({"list", "sort", "unique"})
"""Filters that deal with item after item, as a loop does, and so cost as much."""


class Bounded(ImmutableSandboxedEnvironment):
    """A sandbox in which every way to grow is counted."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Join what a template, macro or block has put out, unless it is too much."""
        if BUDGET.get() is None:
            return "".join(parts)
        found, chars = [], 0
        for part in parts:
            chars += len(part)
            made(chars) if chars > MOST_CHARS else spend(1)
            found.append(part)
        made(chars)
        return "".join(found)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Attributes of loops, imported templates and dictionaries; nothing else has any."""
        if isinstance(obj, dict):
            return attr in _DICT_METHODS
        known = isinstance(obj, LoopContext | TemplateModule)
        return known and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`format` is an attribute of texts like any other: out of reach, for its widths' sake."""
        return None

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call costs, so that macros cannot multiply without end."""
        spend(1)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, refused where its result would be huge."""
        OPERATIONS.get(operator, anything)(left, right)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Guards(name, filename).visit(tree)
        tree.set_environment(self)
        return tree


class _Guards(NodeTransformer):
    """Rewrites a template so that rounds, joined texts and lists are counted."""

    def __init__(self, name: str | None, filename: str | None) -> None:
        self.place = name, filename

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count the rounds before the first."""
        if node.recursive:
            self._refuse(_("recursive loops are not allowed"), node)
        self.generic_visit(node)
        node.iter = _filtered("_counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """`a ~ b` as a filter that counts."""
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return _filtered("_joined", parts)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        """Pay for what a filter goes through."""
        self.generic_visit(node)
        if node.node is not None and node.name in _READS | _ROUNDS:
            node.node = _filtered("_counted" if node.name in _ROUNDS else "_read", node.node)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Pay for what is searched, and for what is compared with anything but a constant."""
        self.generic_visit(node)
        short = isinstance(node.expr, nodes.Const)
        for operand in node.ops:
            constant = isinstance(operand.expr, nodes.Const)
            if not constant and (operand.op in ("in", "notin") or not short):
                operand.expr = _filtered("_read", operand.expr)
            short = constant
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        """As comparisons: some tests are such in other words."""
        self.generic_visit(node)
        if node.args or node.name in ("lower", "upper"):
            node.node = _filtered("_read", node.node)
            node.args = [_filtered("_read", part) for part in node.args]
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """A slice of a text is another text."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered("_read", node.node)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Weigh what is not written out."""
        self.generic_visit(node)
        return node if _written_out(node.items) else _filtered("_weighed", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """As lists; the names before `in` or `=` are no list."""
        self.generic_visit(node)
        constant = node.ctx != "load" or _written_out(node.items)
        return node if constant else _filtered("_weighed", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """As lists."""
        self.generic_visit(node)
        constant = _written_out([pair.value for pair in node.items])
        return node if constant else _filtered("_weighed", node)

    def _refuse(self, message: str, node: nodes.Node) -> NoReturn:
        raise TemplateSyntaxError(message, node.lineno, *self.place)


def _filtered(name: str, node: Any) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _written_out(items: Iterable[nodes.Node]) -> bool:
    """Whether a list holds constants only: then it is as long as the template's own text."""
    return all(
        isinstance(item, nodes.Const)
        or (isinstance(item, nodes.Tuple | nodes.List) and _written_out(item.items))
        for item in items
    )


# ---------------------------------------------------------------- environments


@cache
def environment(*, html: bool = False) -> Bounded:
    """The one environment for texts, or the one for HTML, in which everything is escaped."""
    env = Bounded(
        loader=PackageLoader("notifications"),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        finalize=plain,
    )
    env.globals = {"range": short_range}
    env.filters = {name: FILTERS[name] for name in (*_AS_THEY_ARE, "unique")}
    env.filters.update({name: of_text(name) for name in _OF_TEXTS})
    env.filters.update(
        join=joined,
        _joined=joined,
        _counted=counted,
        _read=read,
        _weighed=weighed,
        round=rounded,
        zh_moment=lambda text: moments.zh(str(plain(text))),
        en_moment=lambda text: moments.en(str(plain(text))),
        zh_kind=lambda name: KINDS[name].zh if name in KINDS else name,
        en_kind=lambda name: KINDS[name].en.lower() if name in KINDS else name,
    )
    return env
