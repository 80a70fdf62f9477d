"""The checks of the gate, one after the other, with a summary at the end. Standard library only."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

GATED = "sync/domain/*,sync/protocol/*"  # every branch of these is covered
VERDICT = re.compile(r"\b\d+ (?:passed|failed|errors?)\b.* in [\d.]+ ?s")


@dataclass(frozen=True)
class Check:
    """One command of the gate: a name a reader understands and the module that is run."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a check ended: exit code, seconds, and the line in which pytest sums itself up."""

    check: Check
    code: int
    took_s: float
    verdict: str

    def row(self) -> str:
        """One line of the summary."""
        word = "ok    " if self.code == 0 else "FAILED"
        return f"  {word} {self.check.name:<28} {self.took_s:7.1f} s  {self.verdict}"


def checks(python: Path, pytest_arguments: list[str]) -> list[Check]:
    """Every check in order: the quick ones first, coverage after the tests that measure it."""
    interpreter = str(python)
    tests = ["-m", "pytest", "--cov", "--cov-report=", "-m", "not bench", *pytest_arguments]
    lint_imports = str(python.with_name("lint-imports"))
    gate = ("report", f"--include={GATED}", "--fail-under=100", "--precision=2")
    return [
        Check("lint", (interpreter, "-m", "ruff", "check", ".")),
        Check("format", (interpreter, "-m", "ruff", "format", "--check", ".")),
        Check("types", (interpreter, "-m", "mypy")),
        Check("import contracts", (lint_imports, "--no-cache", "--no-logo")),
        Check("tests", (interpreter, *tests)),
        Check("coverage of the whole", (interpreter, "-m", "coverage", "report", "--format=total")),
        Check("coverage of the core: 100 %", (interpreter, "-m", "coverage", *gate)),
    ]


def run_check(check: Check, root: Path, env: dict[str, str]) -> Outcome:
    """Run one check, its output passed on line by line as it comes."""
    start = time.monotonic()
    verdict = ""
    with subprocess.Popen(
        check.command,
        cwd=root,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if VERDICT.search(line):
                verdict = line.strip("= \n")
    return Outcome(check, process.returncode, time.monotonic() - start, verdict)


def run_checks(root: Path, python: Path, env: dict[str, str], pytest_arguments: list[str]) -> bool:
    """Run all checks, even after a failure, and sum up; true when every one passed.

    The last line printed is pytest's own count, for whoever reads only the end.
    """
    todo = checks(python, pytest_arguments)
    outcomes: list[Outcome] = []
    for number, check in enumerate(todo, start=1):
        print(f"\n[{number}/{len(todo)}] {check.name}", flush=True)
        outcomes.append(run_check(check, root, env))
    failed = [outcome.check.name for outcome in outcomes if outcome.code != 0]
    print("\nSummary")
    for outcome in outcomes:
        print(outcome.row())
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.")
    print(next((o.verdict for o in outcomes if o.verdict), "0 passed, 1 failed: no test ran"))
    return not failed
