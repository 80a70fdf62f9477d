"""Plays a whole file: each of its plays on a chain of its own, several at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from sync.lab.judging import Judge
from sync.lab.orders import Play, plays
from sync.lab.player import People, Player, Stage
from sync.lab.ports import Explained, HeadOffice
from sync.lab.report import Played
from sync.lab.scenario import Scenario
from sync.lab.verifying import verify_folder
from sync.lab.views import look

OpenOffice = Callable[[Scenario, Path, People], HeadOffice]
"""Set up and start a head office for a scenario in a folder, naming its members."""


@dataclass(frozen=True, slots=True)
class Theatre:
    """Where plays take place. `work`: folder for their files (None: a passing one); `jobs`: plays
    at the same time, of a file with [orders]."""

    open_office: OpenOffice
    stage: Stage
    work: Path | None = None
    jobs: int = 2


def play_file(
    scenario: Scenario, theatre: Theatre, wanted: Callable[[Play], bool] = lambda _: True
) -> Sequence[Played]:
    """Every play of a scenario that is wanted, in sequence. Raises PlayFaultError."""
    todo = [play for play in plays(scenario) if wanted(play)]
    if len(todo) == 1:
        return [play_once(scenario, todo[0], theatre)]
    with ThreadPoolExecutor(theatre.jobs, thread_name_prefix="play") as pool:
        try:
            return list(pool.map(lambda play: play_once(scenario, play, theatre), todo))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def play_once(scenario: Scenario, play: Play, theatre: Theatre) -> Played:
    """One play, from setting up its chain to looking at every file it left."""
    if theatre.work is not None:
        folder = theatre.work / play.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return _play_in(folder, scenario, play, theatre)
    with tempfile.TemporaryDirectory(prefix="guibin-play-") as passing:
        return _play_in(Path(passing), scenario, play, theatre)


def _play_in(folder: Path, scenario: Scenario, play: Play, theatre: Theatre) -> Played:
    people = People()
    office = theatre.open_office(scenario, folder / "headoffice", people)
    player = Player(scenario, play, office, replace(theatre.stage, folder=folder), people)
    judge = Judge(player)
    player.judge = judge
    try:
        player.start()
        player.play_all()
        view = look(player)
        explained = _explained(player, office)
        player.stop()
        verified = {name: verify_folder(lane.process.folder) for name, lane in player.lanes.items()}
        return Played(player, view, judge.judged, verified, explained)
    finally:
        player.abandon()
        office.stop()


def _explained(player: Player, office: HeadOffice) -> dict[int, Explained]:
    lines = player.statement.lines if player.statement else ()
    return {line.number: office.explain(line.number) for line in lines}
