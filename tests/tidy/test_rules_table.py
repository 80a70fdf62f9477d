"""docs/rules.md lists every function asked for and every pitfall, and each rule has its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "rules.md"
COUNTS = {"FL": 63, "BEST": 50, "WAT": 48, "JF": 30, "BBK": 17, "A": 40}
PITFALLS = 37
KINDS = re.compile(r"rule|outside|(screen|head office), (built|to come)")
ROW = re.compile(
    r"^\| ((?:FL|BEST|WAT|JF|BBK|A)-[\d/]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$"
)
PITFALL = re.compile(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$")


def ids(cell: str) -> list[str]:
    """FL-01 -> [FL-01]; WAT-13/14 -> [WAT-13, WAT-14]."""
    group, numbers = cell.split("-")
    return [f"{group}-{number}" for number in numbers.split("/")]


def rows() -> list[tuple[str, ...]]:
    found = (ROW.match(line) for line in TABLE.read_text(encoding="utf-8").splitlines())
    return [tuple(cell.strip() for cell in row.groups()) for row in found if row]


def pitfalls() -> list[tuple[str, ...]]:
    found = (PITFALL.match(line) for line in TABLE.read_text(encoding="utf-8").splitlines())
    return [tuple(cell.strip() for cell in row.groups()) for row in found if row]


def docstring_of(named: str) -> str:
    """What the test that a cell names says of itself; "" when there is no such test."""
    file, _, name = named.strip("`").partition("::")
    path = ROOT / "tests" / file
    if not path.is_file():
        return ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""


def carries(named: str, group: str, number: int) -> bool:
    """Whether the docstring carries the id, also in a list such as "FL-05, 06"."""
    word = "pitfalls?" if group == "pitfall" else f"{group}-"
    listed = rf"{word}\s*(?:[A-Z]*-?\d+\s*(?:,|and|to)\s*)*(?:{group}-)?0*{number}\b"
    return re.search(listed, docstring_of(named)) is not None


def test_every_function_asked_for_stands_in_the_table_once() -> None:
    found = [name for row in rows() for name in ids(row[0])]
    wanted = [f"{group}-{n:02}" for group, count in COUNTS.items() for n in range(1, count + 1)]
    assert sorted(found) == sorted(wanted)


def test_every_pitfall_stands_in_the_table_once() -> None:
    assert [int(row[0]) for row in pitfalls()] == list(range(1, PITFALLS + 1))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_says_what_it_is_and_a_rule_has_its_test(row: tuple[str, ...]) -> None:
    name, kind, what, where, named = row
    assert KINDS.fullmatch(kind), kind
    assert what
    if kind == "rule":
        assert (ROOT / where.strip("`")).is_file(), where
        for one in ids(name):
            group, number = one.split("-")
            assert carries(named, group, int(number)), f"{named} does not carry {one}"


@pytest.mark.parametrize("row", pitfalls(), ids=lambda row: row[0])
def test_a_pitfall_has_its_rule_and_its_test(row: tuple[str, ...]) -> None:
    number, _, where, named = row
    assert (ROOT / where.strip("`")).is_file(), where
    assert carries(named, "pitfall", int(number)), f"{named} does not carry pitfall {number}"
