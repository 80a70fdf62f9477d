"""The report as a table for people; `--json` writes the `harness.Report` itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from sync.lab.bench.harness import Figure, Report

_HEADINGS: Final = ("#", "goal", "ours", "floor", "unit", "ratio", "goal", "reached")


def number(value: float) -> str:
    """Three significant digits; thousands with commas."""
    if value == float("inf"):
        return "inf"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def row(figure: Figure) -> tuple[str, ...]:
    """Cells of a figure, in the order of the headings."""
    goal = figure.goal
    bound = f"{'>=' if goal.at_least else '<='} {goal.bound:g}"
    return (
        goal.name,
        goal.title,
        number(figure.ours),
        number(figure.floor),
        goal.unit,
        f"{figure.ratio:.2f}",
        bound,
        "yes" if figure.reached else "NO",
    )


def table(report: Report) -> Iterator[str]:
    """The figures as a Markdown table whose columns line up in a terminal."""
    rows = [_HEADINGS, *(row(figure) for figure in report.figures)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(_HEADINGS))]
    for place, cells in enumerate(rows):
        padded = (
            cell.ljust(width) if i in (0, 1, 4, 6, 7) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "| " + " | ".join(padded) + " |"
        if place == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"


def lines(report: Report) -> Iterator[str]:
    """The whole report, line by line."""
    yield from table(report)
    for skipped in report.skipped:
        yield f"{skipped.goal.name} {skipped.goal.title}: not measured: {skipped.reason}"
    yield from report.notes
    found, here = report.figures, report.machine
    reached = sum(figure.reached for figure in found)
    rounds = len(found[0].ratios) if found else 0
    yield (
        f"{reached} of {len(found)} goals reached; median of {rounds} interleaved rounds"
        f"{', reduced sizes' if report.quick else ''}; {here.system}, {here.cores} cores, Python "
        f"{here.python}, load {here.load[0]:g} before and {here.load[1]:g} after"
    )


def as_json(report: Report) -> bytes:
    """The report for a program: `harness.Report` as indented JSON; no ratio is without a number."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
