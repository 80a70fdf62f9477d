"""Each house rule against a planted violation and against a harmless neighbour of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.tidy import rules
from tests.tidy.rules import Source

LONG = "def f() -> None:\n" + "    pass\n" * 70
FITS = "def f() -> None:\n" + "    pass\n" * 69
IGNORE = "# type: " + "ignore"
NOQA = "# no" + "qa"
DOMAIN = "sync/domain/money.py"
Rule = Callable[[Source], Iterator[str]]

BITES: list[tuple[Rule, str, str]] = [
    (rules.short_functions, "terminal/app.py", LONG),
    (rules.short_functions, "terminal/app.py", LONG.replace("def", "async def")),
    (rules.short_files, "terminal/app.py", "x = 1\n" * 501),
    (rules.short_lines, "terminal/app.py", "x = '" + "a" * 95 + "'"),
    (rules.no_float_near_value, DOMAIN, "x: float"),
    (rules.no_float_near_value, DOMAIN, "x = 0.5"),
    (rules.no_float_near_value, DOMAIN, "x = 1 / 2"),
    (rules.no_float_near_value, DOMAIN, "from decimal import Decimal"),
    (rules.no_float_near_value, DOMAIN, "import decimal"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime(2026, 1, 1)"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime.now(UTC)"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime.datetime.utcnow()"),
    (rules.no_naive_datetime, "sync/protocol/codec.py", "d = date.today()"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime.fromtimestamp(5)"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime.utcfromtimestamp(5)"),
    (rules.no_files_in_core, DOMAIN, "x = open('x')"),
    (rules.no_print, "sync/client/pump.py", "print('x')"),
    (rules.no_print, "tests/test_x.py", "print('x')"),
    (rules.no_int_signal, "terminal/runtime/tasks.py", "s = Signal(int)"),
    (rules.no_int_signal, "terminal/runtime/tasks.py", "s = QtCore.Signal(str, int)"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {IGNORE}"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {IGNORE}[assignment]"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {NOQA}"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {NOQA}: F401, S105"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {NOQA}: F401 - ok"),
    (rules.no_uncounted_branches, DOMAIN, "x = 1  # pragma: no cover"),
    (rules.no_uncounted_branches, "sync/protocol/codec.py", "x = 1  #pragma: no branch"),
    (rules.words_of_the_glossary, DOMAIN, "def load_policy() -> None: ..."),
    (rules.words_of_the_glossary, "sync/client/pump.py", "class MerchantFeed: ..."),
    (rules.words_of_the_glossary, DOMAIN, "def f(customer: str) -> None: ..."),
    (rules.words_of_the_glossary, DOMAIN, "accrual = 1"),
    (rules.nothing_of_this_machine, "README.md", "see /" + "home/someone/guibin"),
    (rules.nothing_of_this_machine, "a.toml", "cert = '/" + "root/ca.pem'"),
    (rules.nothing_of_this_machine, "a.txt", "https://py" + "pi.org/simple"),
    (rules.nothing_of_this_machine, "a.txt", "--index-" + "url x"),
    (rules.nothing_of_this_machine, "k.pem", "-----BEGIN PRIVATE " + "KEY-----"),
]
SPARES: list[tuple[Rule, str, str]] = [
    (rules.short_functions, "terminal/app.py", FITS),
    (rules.short_files, "terminal/app.py", "x = 1\n" * 500),
    (rules.short_lines, "terminal/app.py", "x = '" + "贵" * 94 + "'"),
    (rules.no_float_near_value, DOMAIN, "x = Fraction(1, 2) / n"),
    (rules.no_float_near_value, "terminal/app.py", "x = 0.5"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime(2026, 1, 1, tzinfo=UTC)"),
    (rules.no_naive_datetime, DOMAIN, "d = datetime.fromtimestamp(5, tz=UTC)"),
    (rules.no_naive_datetime, DOMAIN, "t = programme.today(5)"),
    (rules.no_files_in_core, DOMAIN, "x = io.StringIO()"),
    (rules.no_print, "terminal/commands/why.py", "print('x')"),
    (rules.no_int_signal, "terminal/runtime/tasks.py", "s = Signal(object)"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {NOQA}: S105 - a public test vector"),
    (rules.reasons_for_suppressions, "a.py", f"x = 1  {IGNORE}[misc]  # the stub is wrong here"),
    (rules.reasons_for_suppressions, "a.py", f"x = '{NOQA}'"),
    (rules.no_uncounted_branches, "sync/client/pump.py", "x = 1  # pragma: no cover"),
    (rules.words_of_the_glossary, DOMAIN, "def load_programme() -> None: ..."),
    (rules.words_of_the_glossary, "hardware/ports.py", "class CustomerDisplay: ..."),
    (rules.nothing_of_this_machine, "README.md", "see docs/work/plan, ~/home/x and /tmp"),
]


def _name(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("rule", "path", "text"), BITES, ids=_name)
def test_a_planted_violation_is_caught(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), SPARES, ids=_name)
def test_a_harmless_neighbour_is_spared(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(Source(path, text)))


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in BITES} == {*rules.PYTHON_RULES, *rules.TEXT_RULES}


def test_a_stray_test_is_caught() -> None:
    code = {"sync", "sync/domain"}
    assert rules.strays(["tests/sync/store/test_x.py"], code) == ["tests/sync/store/test_x.py"]
    assert not rules.strays(["tests/sync/domain/test_x.py", "tests/e2e/test_day.py"], code)
