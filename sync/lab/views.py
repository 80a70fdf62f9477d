"""The whole chain at one moment: what every till shows and what head office has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sync.lab import drive
from sync.lab.drive import Figures, TillState
from sync.lab.player import Player
from sync.lab.ports import DeviceAtHeadOffice, ExceptionItem, MemberAtHeadOffice, PlayFaultError


@dataclass(frozen=True, slots=True)
class View:
    """`tills`: by name, with every member of the story; `members`: as posted, by id;
    `disagreements`: where tills and head office differ, in words."""

    tills: Mapping[str, TillState]
    members: Mapping[UUID, MemberAtHeadOffice]
    devices: Sequence[DeviceAtHeadOffice]
    exceptions: Sequence[ExceptionItem]
    disagreements: tuple[str, ...]


def look(player: Player) -> View:
    """Ask every running till and head office."""
    people = tuple(
        player.people.ids[name] for name in player.people.story if name in player.people.ids
    )
    tills: dict[str, TillState] = {}
    for name, lane in player.lanes.items():
        if lane.process.running:
            answer = lane.process.ask(drive.State(at_ms=player.now_ms, members=people))
            if not isinstance(answer, drive.Done) or answer.state is None:
                raise PlayFaultError(f"till {name} does not say where it stands: {answer}")
            tills[name] = answer.state
    members = player.office.members(people)
    devices = player.office.devices()
    wrong = tuple(_disagreements(tills, members, devices))
    return View(tills, members, devices, player.office.exceptions(), wrong)


def _disagreements(
    tills: Mapping[str, TillState],
    members: Mapping[UUID, MemberAtHeadOffice],
    devices: Sequence[DeviceAtHeadOffice],
) -> Iterator[str]:
    for name, state in tills.items():
        held = next((d for d in devices if d.till == name and d.epoch == state.epoch), None)
        if held is None or (held.entries, held.head_seq, held.head_hash) != (
            state.head_seq,
            state.head_seq,
            state.head_hash,
        ):
            there = f"{held.entries}" if held else "none"
            yield f"head office holds {there} of the {state.head_seq} entries of {name}"
        for shown in state.members:
            posted = members.get(shown.member)
            if shown.pending != Figures():
                yield f"{name} has something pending for {shown.member}"
            if posted is None or posted.figures != shown.confirmed or posted.tier != shown.tier:
                yield f"{name} shows {shown.confirmed} for {shown.member}, head office {posted}"
