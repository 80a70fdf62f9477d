"""The house rules, each a function from one file's source to the complaints about it.

Nothing here reads the tree: `test_house_rules.py` feeds it the tracked files, and
`test_rules_bite.py` feeds it planted violations, so that a rule which went blind is noticed.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 500
MAX_LINE_LENGTH = 100
CORE = ("sync/domain/", "sync/protocol/")
TALKS_TO_CONSOLE = (
    "terminal/commands/", "installer/",
    *(f"tests/{command}.py" for command in ("mutation", "oracles", "shop_life")),
)  # fmt: skip
MIN_REASON_LENGTH = 10
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file: its path inside the repository, with forward slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.splitlines()

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line number and text of every comment, never of a string that looks like one."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def _functions(source: Source) -> Iterator[Function]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def short_functions(source: Source) -> Iterator[str]:
    """A function fits on a screen."""
    for function in _functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > MAX_FUNCTION_LINES:
            yield f"{function.lineno}: {function.name} has {length} lines"


def short_files(source: Source) -> Iterator[str]:
    """A file has one subject."""
    if len(source.lines) > MAX_FILE_LINES:
        yield f"{len(source.lines)} lines"


def short_lines(source: Source) -> Iterator[str]:
    """A line is read without scrolling."""
    for number, line in enumerate(source.lines, start=1):
        if len(line) > MAX_LINE_LENGTH:
            yield f"{number}: {len(line)} characters"


def no_float_near_value(source: Source) -> Iterator[str]:
    """Value is whole numbers and fractions: no float, no decimal, no `/` that makes a float."""
    if not source.path.startswith("sync/domain/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id in {"float", "Decimal"}:
            yield f"{node.lineno}: {node.id}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield f"{node.lineno}: the number {node.value}"
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.name for alias in node.names]
            if "decimal" in names or getattr(node, "module", None) == "decimal":
                yield f"{node.lineno}: decimal"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            whole = [n for n in (node.left, node.right) if isinstance(n, ast.Constant)]
            if len(whole) == 2:
                yield f"{node.lineno}: `/` of two integers is a float"


def no_naive_datetime(source: Source) -> Iterator[str]:
    """The core is told the time: it asks no clock, and every datetime it makes has a zone."""
    if not source.path.startswith(CORE):
        return
    clocks = {"now", "utcnow", "today"}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rsplit(".", 1)[-1]
        zoned = any(keyword.arg in {"tz", "tzinfo"} for keyword in node.keywords)
        if last in clocks and ("date" in name):
            yield f"{node.lineno}: {name}() asks a clock"
        elif last == "utcfromtimestamp":
            yield f"{node.lineno}: {name}() is naive"
        elif last == "fromtimestamp" and not zoned and len(node.args) < 2:
            yield f"{node.lineno}: {name}() without a zone is naive"
        elif name in {"datetime", "datetime.datetime"} and not zoned and len(node.args) < 8:
            yield f"{node.lineno}: datetime() without tzinfo is naive"


def no_files_in_core(source: Source) -> Iterator[str]:
    """The core is given bytes; it opens nothing and asks nobody."""
    if not source.path.startswith(CORE):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"open", "io.open", "input"}:
            yield f"{node.lineno}: {ast.unparse(node.func)}()"


def no_print(source: Source) -> Iterator[str]:
    """Only commands talk to a console; everything else logs or returns."""
    if source.path.startswith(TALKS_TO_CONSOLE):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield f"{node.lineno}: print()"


def no_int_signal(source: Source) -> Iterator[str]:
    """Qt's int has 32 bits and a larger one is lost without a word: Signal(object) instead."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        if name in {"Signal", "Slot"}:
            for argument in node.args:
                if isinstance(argument, ast.Name) and argument.id == "int":
                    yield f"{node.lineno}: {name}(int)"


_SUPPRESSION = re.compile(r"#\s*(?P<kind>type:\s*ignore|noqa)(?P<rest>.*)")
_CODES = re.compile(r"^\s*(?:\[[a-z0-9, -]+\]|:\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)")


def reasons_for_suppressions(source: Source) -> Iterator[str]:
    """Whoever silences a check names which one, and says why on the same line."""
    for number, comment in source.comments():
        for found in _SUPPRESSION.finditer(comment):
            codes = _CODES.match(found["rest"])
            if codes is None:
                yield f"{number}: {found['kind']} names no code"
                continue
            reason = found["rest"][codes.end() :].strip(" #-:")
            if len(reason) < MIN_REASON_LENGTH:
                yield f"{number}: {found['kind']} gives no reason"


def no_uncounted_branches(source: Source) -> Iterator[str]:
    """Nothing is taken out of the coverage of the core."""
    if not source.path.startswith(CORE):
        return
    for number, comment in source.comments():
        if re.search(r"#\s*pragma", comment):
            yield f"{number}: {comment}"


# Words with a settled equivalent (GLOSSARY.md): no synonyms in names of the shared ledger.
SYNONYMS = {
    "policy": "programme",
    "accrual": "earn",
    "accrue": "earn",
    "franchise": "dealer",
    "franchisee": "dealer",
    "merchant": "dealer",
    "customer": "member",
    "prepaid": "stored_value",
    "topup": "top_up",
    "voucher": "coupon",
}


def _defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def words_of_the_glossary(source: Source) -> Iterator[str]:
    """The shared ledger calls each thing by its one name."""
    if not source.path.startswith("sync/") or "/migrations/" in source.path:
        return
    for line, name in _defined_names(source.tree):
        for word in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"):
            if word in SYNONYMS:
                yield f"{line}: {name}: say {SYNONYMS[word]}"


# Written in parts, so that this file does not break its own rule.
_PRIVATE = (
    (r"(?<![\w.~*-])/" + r"(?:work|root|home|Users)/\w", "a path of one machine"),
    (r"[A-Z]:\\\\?" + r"Users\\", "a path of one machine"),
    (r"py" + r"pi\.org|pythonhosted" + r"\.org", "a package registry"),
    (r"--(?:extra-)?index-" + r"url|--trusted-" + r"host", "a package registry"),
    (r"-----BEGIN (?:[A-Z]+ )?PRIVATE " + r"KEY", "a private key"),
)


def nothing_of_this_machine(source: Source) -> Iterator[str]:
    """What is true on one machine only does not belong in the repository."""
    for number, line in enumerate(source.lines, start=1):
        for pattern, what in _PRIVATE:
            if re.search(pattern, line):
                yield f"{number}: {what}"


PYTHON_RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    short_functions,
    short_files,
    short_lines,
    no_float_near_value,
    no_naive_datetime,
    no_files_in_core,
    no_print,
    no_int_signal,
    reasons_for_suppressions,
    no_uncounted_branches,
    words_of_the_glossary,
)
TEXT_RULES: tuple[Callable[[Source], Iterator[str]], ...] = (nothing_of_this_machine,)

# Folders of tests that stand for a way of testing and not for a folder of code.
OWN_TEST_FOLDERS = {"helpers", "contract", "simulation", "vintages", "e2e", "tidy", "perf"}


def strays(test_files: list[str], code_folders: set[str]) -> list[str]:
    """Test modules whose folder mirrors no folder of the code."""
    found = []
    for file in test_files:
        folder = PurePosixPath(file).parent.relative_to("tests")
        if not folder.parts or folder.parts[0] in OWN_TEST_FOLDERS:
            continue
        if str(folder) not in code_folders:
            found.append(file)
    return found
