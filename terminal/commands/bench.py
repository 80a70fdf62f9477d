"""`guibin bench`: production functions against floors measured in the same run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sync.lab.bench.harness import Group

app = typer.Typer(help="Measure against what the machine can do.")


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Reduced sizes, 2 to 3 minutes.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    only: Annotated[str, typer.Option(help="Goals to measure, for example 1,2,14.")] = "",
) -> None:
    """Measure the goals of docs/performance.md, each as a ratio to a floor of the same run.

    Exit codes: 0 measured, reached or not · 1 an instrument broke · 2 wrong use.
    """
    from sync.lab.bench import harness, report

    wanted = _numbers(only)
    size = harness.QUICK if quick else harness.FULL
    found = harness.measure(groups(), size, wanted, lambda what: print(what, file=sys.stderr))
    for line in report.lines(found):
        print(line)
    if json is not None:
        json.write_bytes(report.as_json(found))
    if any(skipped.broken for skipped in found.skipped):
        raise typer.Exit(1)


def _numbers(only: str) -> frozenset[int]:
    try:
        return frozenset(int(part) for part in only.split(",") if part.strip())
    except ValueError:
        raise typer.BadParameter(f"goals are numbers with commas between: {only!r}") from None


def groups() -> list[Group]:
    """Every instrument, in the order they run."""
    from sync.lab.bench import bootstrap, cashier, ingest, lookup
    from terminal.commands import bench_qt, bench_till

    tills = cashier.Tills(bench_till.make_folder, bench_till.CommitPath, bench_till.UseCase)
    return [
        *cashier.groups(tills),
        lookup.GROUP,
        bootstrap.GROUP,
        *ingest.GROUPS,
        bench_qt.group(),
    ]
