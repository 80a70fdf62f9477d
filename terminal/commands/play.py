"""`guibin play`: a described story through real tills, HTTP and head office."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sync.lab.playing import Theatre
    from sync.lab.ports import TillStart

EXIT_DIFFERS, EXIT_WRONG, EXIT_FAULT = 1, 2, 3

app = typer.Typer(help="Play a described story through real tills.", add_completion=False)


@app.command()
def play(
    story: Annotated[Path, typer.Argument(help="The scenario: a TOML file.")],
    json: Annotated[Path | None, typer.Option(help="Write the whole result here.")] = None,
    windows: Annotated[bool, typer.Option("--windows", help="Through the real windows.")] = False,
    database: Annotated[
        str, typer.Option(help="Head office's database: sqlite, or postgresql://...")
    ] = "sqlite",
    keep: Annotated[
        Path | None, typer.Option(help="Keep all files of the play, screenshots too, in here.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Plays at a time, of a file with several.")] = 2,
    check: Annotated[bool, typer.Option("--check", help="Only judge the file.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")] = False,
) -> None:
    """Play a scenario and say what happened, with the clearing statement.

    Exit codes: 0 every expectation held · 1 one did not, or a journal does not verify · 2 the file
    is wrong · 3 a process could not be started or stopped answering.
    """
    from sync.lab.checking import read
    from sync.lab.reading import ScenarioError

    try:
        scenario = read(story)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        print(f"{story} was not played: nothing was started.", file=sys.stderr)
        raise typer.Exit(EXIT_WRONG) from None
    if check:
        print(f"{story}: fits together, {len(scenario.steps)} steps")
        return
    if windows and sys.platform == "linux" and not _has_screen():
        print(
            "There is no screen here for --windows; nothing was started. "
            "On a machine without one put `xvfb-run -a` before the command.",
            file=sys.stderr,
        )
        raise typer.Exit(EXIT_FAULT)
    pictures = (keep or Path()) / "screenshots" if windows else None
    held = play_and_tell(
        story, json=json, windows=windows, database=database, keep=keep, pictures=pictures,
        jobs=jobs, quiet=quiet,
    )  # fmt: skip
    raise typer.Exit(0 if held else EXIT_DIFFERS)


def _has_screen() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)


def play_and_tell(
    story: Path,
    *,
    json: Path | None = None,
    windows: bool = False,
    database: str = "sqlite",
    keep: Path | None = None,
    pictures: Path | None = None,
    jobs: int = 2,
    quiet: bool = False,
) -> bool:
    """Play a right scenario and print its summary; whether everything held."""
    from sync.lab import report
    from sync.lab.checking import read
    from sync.lab.player import silent
    from sync.lab.playing import play_file
    from sync.lab.ports import PlayFaultError

    scenario = read(story)
    theatre = theatre_of(database=database, keep=keep, jobs=1 if windows else jobs)
    say: Callable[[str], None] = silent if quiet or scenario.orders else _say
    stage = replace(theatre.stage, windows=windows, pictures=pictures, say=say)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    print(f"{scenario.head.name}: {scenario.head.title}")
    started = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupted)  # so that no process of the play is left behind
    try:
        played = play_file(scenario, replace(theatre, stage=stage))
    except PlayFaultError as error:
        print(f"The play broke off: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_FAULT) from None
    seconds = time.monotonic() - started
    for one in played:
        if one.player.play.order:
            batch = one.player.play.batch
            print(f"\norder {', '.join(one.player.play.order)}; at most {batch} entries a push")
        print()
        print(report.words(one, seconds))
    if json is not None:
        found = report.whole(scenario, [report.result(one) for one in played])
        json.write_text(report.as_text(found), encoding="utf-8")
        print(f"\nthe whole result: {json}")
    return all(one.held for one in played)


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, flush=True)


def theatre_of(*, database: str = "sqlite", keep: Path | None = None, jobs: int = 2) -> Theatre:
    """Where plays take place: the real programs of this installation."""
    from sync.lab.office import PlayOffice
    from sync.lab.player import People, Stage
    from sync.lab.playing import Theatre
    from sync.lab.ports import HeadOffice
    from sync.lab.scenario import Scenario

    def open_office(scenario: Scenario, folder: Path, people: People) -> HeadOffice:
        office = PlayOffice(scenario, folder, office_command)
        office.open(people, database)
        return office

    return Theatre(open_office, Stage(till_command, Path()), keep, jobs)


def till_command(start: TillStart) -> Sequence[str]:
    """Command line of a driven till."""
    return [
        *(sys.executable, "-m", "terminal", "till", "--drive"),
        *(["--windows"] if start.windows else []),
        *("--folder", str(start.folder), "--url", start.url, "--seed", start.seed),
        *("--at-ms", str(start.at_ms), "--code", start.code, "--language", start.language),
    ]


def office_command(folder: Path, port: int, seed: str) -> Sequence[str]:
    """Command line of a head office of a scenario."""
    return [
        *(sys.executable, "-m", "terminal", "headoffice", "serve", "--folder", str(folder)),
        *("--port", str(port), "--scenario", "--plain", "--seed", seed),
    ]
