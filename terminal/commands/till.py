"""`guibin till`: the till's window; `--drive`: a till driven by a scenario player."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Open the till.", add_completion=False)


@app.command()
def till(
    folder: Annotated[Path, typer.Option(help="The till's own folder.")],
    drive: Annotated[bool, typer.Option("--drive", help="Obey commands on stdin.")] = False,
    windows: Annotated[bool, typer.Option("--windows", help="Driven, with its window.")] = False,
    url: Annotated[str, typer.Option(help="Driven: address of head office.")] = "",
    code: Annotated[str, typer.Option(help="Driven: one-time code to enrol with.")] = "",
    seed: Annotated[str, typer.Option(help="Driven: seed of its randomness.")] = "",
    at_ms: Annotated[int, typer.Option(help="Driven: business time, UTC ms.")] = 0,
    language: Annotated[str, typer.Option(help="zh_CN or en.")] = "zh_CN",
) -> None:
    """Open the till.

    Exit codes: 0 closed · 3 the till's files or devices cannot be used · 4 not enrolled yet.
    """
    if not drive:
        open_till(folder)
        return
    from terminal.app.driving import DriveStart, run

    start = DriveStart(folder, url, seed, at_ms, code, language)
    if windows:
        from terminal.app.window import drive_window

        raise typer.Exit(drive_window(start))
    run(start)


def open_till(folder: Path) -> None:
    """Open the window on an enrolled till."""
    from terminal.app.window import open_window

    raise typer.Exit(open_window(folder))
