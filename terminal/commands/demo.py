"""`guibin demo`: head office, the demo chain and a till to try everything on; or a day that plays
by itself."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.lab.chain import Chain

TILL: Final = "A1-1"
EXIT_DIFFERS, EXIT_FAULT, EXIT_BUSY = 1, 3, 4

app = typer.Typer(help="Try everything on a small chain.", add_completion=False)


@app.command()
def demo(
    play: Annotated[bool, typer.Option("--play", help="Play a whole day by itself.")] = False,
    till: Annotated[str, typer.Option(help="Which till of the chain to open.")] = TILL,
    folder: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its files.", envvar="GUIBIN_DEMO")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Begin with a new chain.")] = False,
) -> None:
    """Open a till on the demo chain, with head office beside it.

    Nothing of it is for real. The files stay between runs: a second start takes seconds.

    Exit codes: 0 done · 1 the played day did not end as worked out · 3 head office or the till
    could not be started · 4 the demo is open already.
    """
    from filelock import FileLock, Timeout

    home = folder or _home()
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "demo.lock", timeout=0):
            code = _play(home) if play else _open(home, till, reset=reset)
    except Timeout:
        print(f"The demo in {home} is open already. Close it first.", file=sys.stderr)
        code = EXIT_BUSY
    raise typer.Exit(code)


def _home() -> Path:
    import platformdirs

    return platformdirs.user_data_path("guibin", appauthor=False) / "demo"


def _play(home: Path) -> int:
    """The demo day through the real windows."""
    import resources
    from terminal.commands.play import play_and_tell

    pictures = home / "screenshots"
    shutil.rmtree(pictures, ignore_errors=True)
    held = play_and_tell(
        resources.path("demo", "day.toml"), windows=True, json=home / "day.json", pictures=pictures
    )
    return 0 if held else EXIT_DIFFERS


def _open(home: Path, till: str, *, reset: bool) -> int:
    import resources
    from sync.lab import demo as chains
    from sync.lab.office_process import OfficeProcess
    from sync.lab.ports import PlayFaultError

    chain_file = resources.path("demo", "chain.toml")
    chain = chains.read_chain(chain_file)
    if till not in {known.id for known in chain.tills}:
        names = ", ".join(known.id for known in chain.tills)
        print(f"The demo chain has no till {till!r}; it has {names}.", file=sys.stderr)
        return 2
    office = home / "headoffice"
    if reset or not chains.is_prepared(office, chain_file):
        _prepare(home, chain_file, chain)
    process = OfficeProcess()
    try:
        process.start(office, lambda port: _office_command(office, port))
        _join(home, till, process.url)
        _tell(chain, till)
        from terminal.app.window import open_window

        signal.signal(signal.SIGTERM, _close)
        return open_window(home / "tills" / till)
    except PlayFaultError as error:
        print(f"{error}\nNothing was lost; start the demo again.", file=sys.stderr)
        return EXIT_FAULT
    finally:
        process.stop()


def _prepare(home: Path, chain_file: Path, chain: Chain) -> None:
    from sync.lab import demo as chains

    people = len(chain.members) + (chain.crowd.count if chain.crowd else 0)
    what = f"{len(chain.dealers)} dealers, {len(chain.stores)} stores, {people} members"
    print(f"  setting up the demo chain: {what} ...", flush=True)
    started = time.monotonic()
    for made in ("tills", "tape"):
        shutil.rmtree(home / made, ignore_errors=True)
    chains.prepare(home / "headoffice", chain_file, _now_ms())
    print(f"  the chain is there, in {time.monotonic() - started:.0f} s", flush=True)


def _join(home: Path, till: str, url: str) -> None:
    """Enrol the till if it is not yet, and tell it where head office is this time."""
    from sync.lab import demo as chains
    from terminal import config
    from terminal.app.clocks import SystemClock, system_random
    from terminal.app.joining import join

    folder = home / "tills" / till
    tape = home / "tape" / till
    tape.mkdir(parents=True, exist_ok=True)
    settings = config.Settings(headoffice=url, plain_loopback=True, sandbox=True, tape=str(tape))
    if not (folder / config.FILE).exists():
        print(f"  till {till} joins the chain ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        code = chains.code(home / "headoffice", till, _now_ms())
        clock = SystemClock()
        join(folder, settings, code, clock, clock, system_random)
    config.save(folder, settings)


def _tell(chain: Chain, till: str) -> None:
    """How to get in."""
    store = chain.store_of(till)
    print(f"Till {till}, {store.name.zh} {store.name.en}")
    for person in chain.staff:
        if not person.stores or store.id in person.stores:
            print(f"  sign in as {person.name} ({person.id}), PIN {person.pin}")
    for member in chain.members:
        print(f"  card of {member.name}: {member.card}")
    print("The switch at the bottom of the window takes the network away.", flush=True)


def _close(_number: int, _frame: object) -> None:
    """Somebody ends the program: close the window well, head office goes with it."""
    from PySide6.QtWidgets import QApplication

    QApplication.closeAllWindows()


def _office_command(folder: Path, port: int) -> Sequence[str]:
    return [
        *(sys.executable, "-m", "terminal", "headoffice", "serve", "--folder", str(folder)),
        *("--port", str(port), "--plain"),
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
