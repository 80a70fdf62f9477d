"""Mutation testing of the rules: slips put into `sync/domain` one at a time; do the tests notice?

    .venv/bin/python -m tests.mutation [MODULE ...] [--minutes 60] [--jobs 2] [--report]

MODULE: a module of sync/domain (earning, lots ...); none: those of money first, then the others.
Results are kept in `mutants/` per function and used again while the function stays as it is, so a
run that is out of time goes on the next time. `--report` only tells what is known.

Goals: 90 % of the slips noticed in the modules of money, 80 % in the others. Survivors stand in
docs/mutation.md with a reason.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
WORK: Final = ROOT / "mutants"
DOMAIN: Final = Path("sync/domain")
MONEY: Final = (
    "earning", "redeeming", "stored_value", "lots", "clearing", "pricing", "limits",
)  # fmt: skip
MONEY_GOAL, OTHER_GOAL = 90, 80
TAIL_LINES: Final = 20
_SURVIVED, _NO_TESTS, _UNKNOWN = 0, 33, None


@dataclass(frozen=True)
class Score:
    """What is known of a module. `left`: slips nobody has tried yet; `survivors`: their names."""

    module: str
    killed: int
    left: int
    survivors: tuple[str, ...]

    @property
    def goal(self) -> int:
        """Per cent that have to be noticed."""
        return MONEY_GOAL if self.module in MONEY else OTHER_GOAL

    @property
    def per_cent(self) -> int:
        """Noticed of those tried, rounded down."""
        tried = self.killed + len(self.survivors)
        return 100 * self.killed // tried if tried else 0

    @property
    def reached(self) -> bool:
        """Whether the goal is reached, with everything tried."""
        return not self.left and self.per_cent >= self.goal


def modules() -> list[str]:
    """Modules of the domain, those of money first."""
    found = sorted(path.stem for path in (ROOT / DOMAIN).glob("*.py") if path.stem != "__init__")
    return [m for m in MONEY if m in found] + [m for m in found if m not in MONEY]


def score(module: str) -> Score | None:
    """What earlier runs found out about a module; None: it was never tried."""
    kept = WORK / DOMAIN / f"{module}.py.meta"
    if not kept.exists():
        return None
    codes = json.loads(kept.read_text())["exit_code_by_key"]
    survivors = tuple(name for name, code in codes.items() if code in (_SURVIVED, _NO_TESTS))
    left = sum(code is _UNKNOWN for code in codes.values())
    return Score(module, len(codes) - len(survivors) - left, left, survivors)


def run(module: str, jobs: int, seconds: float) -> None:
    """Try a module's slips for so long; what was found out is kept."""
    environment = os.environ | {"GUIBIN_HYPOTHESIS": "quick"}
    command = [
        *(sys.executable, "-m", "mutmut", "run", f"sync.domain.{module}.*"),
        *("--max-children", str(jobs)),
    ]
    log = ROOT / "mutants.log"
    with log.open("w", encoding="utf-8") as out:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                timeout=seconds,
                check=False,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        except subprocess.TimeoutExpired:
            print(f"  {module}: out of time; the next run goes on")
            return
    if done.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        print("\n".join(tail), file=sys.stderr)
        print(f"  {module}: nothing could be tried; {log.name} says why", file=sys.stderr)


def report(wanted: list[str]) -> bool:
    """Print the table; whether every goal is reached."""
    good = True
    print(f"{'module':<20} {'noticed':>8} {'goal':>6} {'tried':>7} {'left':>6}")
    for module in wanted:
        found = score(module)
        if found is None:
            print(f"{module:<20} {'-':>8} {'-':>6} {0:>7} {'all':>6}")
            good = False
            continue
        tried = found.killed + len(found.survivors)
        print(
            f"{module:<20} {found.per_cent:>6} % {found.goal:>4} % {tried:>7} {found.left:>6}"
            f"{'' if found.reached else '   not reached'}"
        )
        good = good and found.reached
    return good


def main() -> int:
    """Run and report. Exit code 0: every goal of the modules asked for is reached."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    told.add_argument("modules", nargs="*", help="modules of sync/domain; none: all")
    told.add_argument("--minutes", type=float, default=60.0, help="time budget")
    told.add_argument("--jobs", type=int, default=2, help="processes at a time")
    told.add_argument("--report", action="store_true", help="only what is known")
    told.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    asked = told.parse_args()
    wanted = asked.modules or modules()
    strange = sorted(set(wanted) - set(modules()))
    if strange:
        print(f"no module of sync/domain: {', '.join(strange)}", file=sys.stderr)
        return 2
    if asked.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    until = time.monotonic() + asked.minutes * 60
    for module in () if asked.report else wanted:
        left = until - time.monotonic()
        if left <= 0:
            break
        print(f"  {module} ...", flush=True)
        run(module, asked.jobs, left)
    return 0 if report(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
