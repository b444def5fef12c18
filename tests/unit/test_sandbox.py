"""A template that somebody wrote reaches nothing but its facts, and ends soon whatever it does."""

from __future__ import annotations

import tracemalloc

import pytest

from notifications.examples import TASK
from notifications.kinds import DEFAULTS
from notifications.published import MOST_SOURCE, Own
from notifications.sandbox_budget import WORK
from notifications.template_faults import Key, TemplateFault

KEY: Key = ("urge", "body", "zh_CN")
FACTS = {**DEFAULTS, **TASK}


def refused(source: str) -> TemplateFault:
    """The fault of a template that must have one."""
    with pytest.raises(TemplateFault) as caught:
        Own(KEY, source).render(FACTS)
    return caught.value


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ link.__class__ }}",
    "{{ link['__class__'] }}",
    "{{ link|attr('__class__') }}",
    "{{ derivation.__init__.__globals__ }}",
    "{{ derivation.update({'n': 1}) }}",
    "{{ co_units.append('x') }}",
    "{{ range.__globals__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ '{0.__class__}'.format(link) }}",
    "{{ 'x'.format_map({}) }}",
    "{% import 'fault/labels.zh_CN.j2' as l %}{{ l._body_stream }}",
    "{% import 'fault/labels.zh_CN.j2' as l %}{{ l.__loader__ }}",
    "{% for x in co_units %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in co_units %}{{ loop._iterator }}{% endfor %}",
    "{% include '../render.py' %}",
    "{% include '/etc/passwd' %}",
    "{{ config }}",
    "{{ lipsum() }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_nothing_but_the_facts_is_in_reach(source: str) -> None:
    refused(source)


TWENTY = "{% for x in [1, 2, 3] %}" * 20 + "{% endfor %}" * 20
TREE = "{% macro m0() %}x{% endmacro %}" + "".join(
    f"{{% macro m{n}() %}}{{{{ m{n - 1}() }}}}{{{{ m{n - 1}() }}}}{{% endmacro %}}"
    for n in range(1, 40)
)
LONG = "{% set s = 'a' * 100000 %}"
MANY = "{{% for x in range(1000) %}}{{% if {} %}}{{% endif %}}{{% endfor %}}"
BOMBS = {
    "times": "{{ 'a' * 10**9 }}",
    "list times": "{{ ([1] * 10**9)|length }}",
    "power": "{{ 9**9**9 }}",
    "range": "{{ range(10**9)|length }}",
    "list of a range": "{{ range(10**9)|list|length }}",
    "nested loops": "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "deep loops": TWENTY,
    "loop over letters": "{% set s = 'a' * 1000 %}{% for a in s %}{% for b in s %}{% for c in s %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "doubled by ~": "{% set x = 'aa' %}" + "{% set x = x ~ x %}" * 60 + "{{ x|length }}",
    "doubled by +": "{% set x = 'aa' %}" + "{% set x = x + x %}" * 60 + "{{ x|length }}",
    "doubled by join": "{% set x = 'aa' %}" + "{% set x = [x, x]|join %}" * 60 + "{{ x|length }}",
    "doubled in a block": "{% set x %}aa{% endset %}"
    + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60
    + "{{ x|length }}",
    "doubled lists": "{% set x = ['a'] %}" + "{% set x = [x, x] %}" * 60 + "{{ x|length }}",
    "doubled tuples": "{% set x = ('a', 1) %}" + "{% set x = (x, x) %}" * 60 + "{{ x == x }}",
    "doubled dicts": "{% set x = {} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x|length }}",
    "macros as a tree": TREE + "{{ m39() }}",
    "macro without end": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "block without end": "{% block b %}{{ self.b() }}{% endblock %}",
    "recursive loop": "{% for x in co_units recursive %}{{ loop(co_units) }}{% endfor %}",
    "width of a format": "{{ '%999999999d' % 1 }}",
    "width of str.format": "{{ '{:999999999}'.format(1) }}",
    "padding": "{{ 'a'.ljust(999999999) }}",
    "center": "{{ 'a'|center(999999999) }}",
    "long output": "{% for x in range(1000) %}{{ 'a' * 100000 }}{% endfor %}",
    "long name": "{% include ['a' * 10**9] %}",
    "brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "signs": "{{ " + "-" * 9000 + "1 }}",
    "number": "{{ " + "9" * 9000 + " }}",
    "rounded up": "{{ 1.5|round(999999999, 'ceil') }}",
    "rounded to a power": "{{ 1|round(-999999999) }}",
    "rounded to a text": "{{ 1.5|round('x') }}",
    "searched again and again": LONG + MANY.format("'b' in s"),
    "compared again and again": LONG + "{% set t = 'a' * 100000 %}" + MANY.format("s < t"),
    "tested again and again": LONG + MANY.format("s is upper"),
    "tested in other words": LONG + MANY.format("'b' is in(s)"),
    "filtered again and again": LONG + MANY.format("s|upper == 'b'"),
    "listed again and again": LONG + MANY.format("s|list|length == 1"),
    "a long list sorted": "{% set x = range(1000)|list * 30 %}{{ x|sort|first }}",
    "a long list without repeats": "{% set x = range(1000)|list * 30 %}{{ x|unique|first }}",
    "cut again and again": LONG + MANY.format("s[1:] == 'b'"),
    "conditions": "{% if 1 %}" * 800 + "{% endif %}" * 800,
}


@pytest.mark.parametrize("source", list(BOMBS.values()), ids=list(BOMBS))
def test_no_template_takes_all_the_memory_or_time(source: str) -> None:
    tracemalloc.start()
    try:
        refused(source)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000


def test_the_budget_is_one_for_a_whole_text_and_new_for_the_next() -> None:
    rounds = "{% for x in range(1000) %}{% endfor %}"
    half = Own(KEY, "x" + rounds * (WORK // 2000))
    for _again in range(3):
        assert half.render(FACTS) == "x"
    refused("x" + rounds * (WORK // 1000 + 1))


@pytest.mark.parametrize(
    "source",
    [
        "{% include problem %}",
        "{% include [problem, 'x'] %}",
        "{% extends problem %}",
        "{{ derivation[problem] }}",
        "{{ link[problem] }}",
        "{{ (link ~ problem)[problem].x }}",
    ],
)
def test_a_fault_quotes_nothing_of_a_notice(source: str) -> None:
    with pytest.raises(TemplateFault) as caught:
        Own(KEY, source).render({**FACTS, "problem": "not for the author"})
    assert "author" not in str(caught.value)


def test_comparing_and_rounding_work_as_ever() -> None:
    source = (
        "{{ 2.345|round(1) }} {{ 2.1|round(0, 'ceil') }} {{ '设' in co_units[0] }} "
        "{{ kept == kept }} {{ co_units[:1]|length }} {{ 'AB' is upper }} {{ 2 is in([1, 2]) }}"
    )
    source = "{% set kept = lead_unit ~ '' %}" + source
    assert Own(KEY, source).render(FACTS) == "2.3 3.0 True True 1 True True"


def test_a_text_that_is_too_long_is_refused() -> None:
    assert "20000" in refused("x" * (MOST_SOURCE + 1)).message


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("一\n二\n{{ dedline }}", 3, "dedline"),
        ("一\n{% if %}", 2, "expression"),
        ("{% include '_parts/link.zh_CN.j2' %}\n\n{{ 'a' * 10**9 }}", 3, ""),
        ("一\n{% set link = deadline.x %}{% include '_parts/link.zh_CN.j2' %}", 2, ""),
        ("\n{{ days_over + 'x' }}", 2, "TypeError"),
        ("{{ '' }}\n", 0, ""),
    ],
)
def test_a_fault_names_its_line(source: str, line: int, message: str) -> None:
    fault = refused(source)
    assert fault.key == KEY
    assert fault.line == line
    assert message in fault.message
    assert "urge/body.zh_CN.j2" in str(fault)


def test_what_the_shipped_texts_use_is_allowed() -> None:
    source = (
        "{% for unit in co_units %}{{ loop.index }}. {{ unit }}{{ '' if loop.last else '；' }}"
        "{% endfor %}\n\n{{ '—' * 8 }}\n{{ derivation.get('n') ~ '天' }} {{ co_units|join('、') }}"
        "{% set t %}{{ deadline|zh_moment }}{% endset %}{{ t|trim }} {{ days_over + 1 }}"
    )
    assert Own(KEY, source).render(FACTS) == (
        "1. 建设局；2. 资规分局\n————————\n15天 建设局、资规分局2026年10月23日17:30 2"
    )
