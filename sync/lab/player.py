"""Plays a scenario: every step in order, through real till processes and a real head office."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from sync.domain.business_day import business_date
from sync.domain.programme import in_force
from sync.lab import drive
from sync.lab.operations import Script, Scripts
from sync.lab.orders import Numbered, Play
from sync.lab.ports import HeadOffice, PlayFaultError, Statement, TillCommand, TillStart
from sync.lab.records import Happened
from sync.lab.references import UnresolvedError, Value, resolved
from sync.lab.scenario import (
    HEAD_OFFICE,
    AnyStep,
    Clearing,
    CloseShift,
    Enrol,
    Expect,
    Kill,
    Network,
    Office,
    Offline,
    OpenShift,
    Operation,
    Publish,
    Scenario,
    Screenshot,
    Sell,
    SignIn,
    Sync,
)
from sync.lab.till_process import TillDied, TillProcess

BEFORE_MS: Final = 3_600_000  # the chain is set up an hour before the first step
MEMBERSHIP_STARTS: Final = 3  # how often a till may die within one operation

Say = Callable[[str], None]


@dataclass(slots=True)
class Lane:
    """A till of the play: its process, who is signed in, the shift's business date."""

    process: TillProcess
    signed_in: str = ""
    shift_day: date | None = None
    last_seq: int = 0
    enrolling: str = ""
    arming: Kill | None = None


@dataclass(slots=True)
class People:
    """Members by their name in the file: id and card, as far as known by now. `story`: those the
    result tells of, in order."""

    ids: dict[str, UUID] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)


def silent(_text: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a play takes place. `command`: starts a till; `folder`: where tills keep their files;
    `pictures`: where screenshots go."""

    command: TillCommand
    folder: Path
    windows: bool = False
    pictures: Path | None = None
    say: Say = silent


class Player:
    """One play of a scenario. `people`: members head office knows at the start."""

    def __init__(
        self, scenario: Scenario, play: Play, office: HeadOffice, stage: Stage, people: People
    ) -> None:
        self.scenario, self.play, self.office, self.people = scenario, play, office, people
        self._stage = stage
        self._scripts = Scripts(scenario.chain, people.credentials)
        self.lanes: dict[str, Lane] = {}
        self.happened: list[Happened] = []
        self.statement: Statement | None = None
        self.screenshots: list[str] = []
        self.judge: Callable[[Numbered], None] = _no_judge
        self.now_ms = 0

    # -- start and stop ------------------------------------------------------------------------

    def start(self) -> None:
        """Enrol and start every till that takes part."""
        first_ms = min(self.scenario.utc_ms(n.step) for n in self.play.steps)
        self.now_ms = first_ms - BEFORE_MS
        self.office.at(self.now_ms)
        for name in taking_part(self.scenario):
            till = next(t for t in self.scenario.chain.tills if t.id == name)
            start = TillStart(
                folder=self._stage.folder / name,
                url=self.office.url,
                till=name,
                seed=str(self.scenario.head.seed),
                at_ms=self.now_ms,
                code="",
                language=till.language,
                windows=self._stage.windows,
            )
            lane = Lane(TillProcess(self._stage.command, start, self._stage.folder / f"{name}.log"))
            self.lanes[name] = lane
            lane.process.launch(self.now_ms, self.office.code(name))
            self._ready(lane)  # one after the other: head office numbers them as they come
            lane.process.ask(drive.Sync(at_ms=self.now_ms))
            if next(t for t in self.scenario.chain.tills if t.id == name).offline:
                lane.process.ask(drive.SetOffline(at_ms=self.now_ms, offline=True))

    def stop(self) -> None:
        """End every till in good order."""
        for lane in self.lanes.values():
            lane.process.quit(self.now_ms)

    def abandon(self) -> None:
        """End every till at once."""
        for lane in self.lanes.values():
            lane.process.kill()

    def _ready(self, lane: Lane) -> None:
        answer = lane.process.wait_ready()
        if not isinstance(answer, drive.Done):
            raise PlayFaultError(f"till {lane.process.name} did not start: {answer}")

    # -- steps ---------------------------------------------------------------------------------

    def play_all(self) -> None:
        """Every step in order."""
        for numbered in self.play.steps:
            self._play_step(numbered)

    def _play_step(self, numbered: Numbered) -> None:
        step = numbered.step
        self.now_ms = max(self.now_ms, self.scenario.utc_ms(step))
        self.office.at(self.now_ms)
        match step:
            case Network():
                self._network(numbered, step)
            case Kill():
                self.lanes[step.till].arming = step
            case Publish():
                self.office.publish(step.programme)
            case Office():
                self._office(numbered, step)
            case Clearing():
                self.statement = self.office.clear(step.label, approve=step.approve)
            case Screenshot():
                self._picture(step)
            case Expect():
                self.judge(numbered)
            case _:
                self._operate(numbered, step)

    def _network(self, numbered: Numbered, step: Network) -> None:
        for name in step.tills or tuple(self.lanes):
            lane = self._alive(name)
            if isinstance(step, Sync):
                self._sync(numbered, step, lane)
            else:
                self._ask(
                    lane, drive.SetOffline(at_ms=self.now_ms, offline=isinstance(step, Offline))
                )

    def _arm(self, lane: Lane) -> None:
        """Arm the till just before what it is to die in."""
        kill, lane.arming = lane.arming, None
        if kill is not None:
            self._ask(lane, drive.ArmKill(at_ms=self.now_ms, point=kill.point, nth=kill.nth))

    def _must_have_died(self, lane: Lane, numbered: Numbered) -> None:
        """A kill that does not come to pass is a mistake of the story."""
        if lane.process.armed:
            line = self.scenario.line_of(numbered.number)
            raise PlayFaultError(
                f"line {line}: till {lane.process.name} did not pass {lane.process.armed} "
                "in this step, so it was not killed"
            )

    def _picture(self, step: Screenshot) -> None:
        if self._stage.windows and self._stage.pictures is not None:
            path = self._stage.pictures / f"{step.name}.png"
            self._ask(self._alive(step.till), drive.Screenshot(at_ms=self.now_ms, path=str(path)))
            self.screenshots.append(str(path))

    # -- sync ----------------------------------------------------------------------------------

    def _sync(self, numbered: Numbered, step: Sync, lane: Lane) -> None:
        done = self._note(numbered, step, lane.process.name)
        batch = step.batch or self.play.batch
        self._arm(lane)
        for _ in range(MEMBERSHIP_STARTS):
            try:
                answer = self._ask(lane, drive.Sync(at_ms=self.now_ms, batch=batch))
            except TillDied:
                self._after_death(lane, done)
                done.recovered.append("repeated")
                continue
            if isinstance(answer, drive.Done) and not answer.synced:
                done.outcome, done.code = "not_synced", answer.note
            break
        self._must_have_died(lane, numbered)
        self._tell(numbered, done)

    # -- operations ----------------------------------------------------------------------------

    def _operate(self, numbered: Numbered, step: Operation) -> None:
        lane = self._alive(step.till)
        done = self._note(numbered, step, lane.process.name)
        person = self._scripts.person(step.till, step.staff, self.scenario.head.staff)
        if not isinstance(step, SignIn):
            self._prepare(lane, step)
        self._arm(lane)
        try:
            script = self._script_of(step, lane)
        except UnresolvedError as error:
            raise self._unplayable(numbered, error) from None
        answer = self._perform(lane, script, done)
        self._take(done, answer)
        self._keep(step, lane, answer, person.id)
        self._must_have_died(lane, numbered)
        self._tell(numbered, done)

    def _script_of(self, step: Operation, lane: Lane) -> Script:
        person = self._scripts.person(step.till, step.staff, self.scenario.head.staff)
        if isinstance(step, Sell) and step.id and lane.enrolling == step.id:
            return self._scripts.rest(step, self.now_ms)
        sale = next(
            (
                s
                for s in self.scenario.steps
                if isinstance(step, Enrol) and step.sale and s.id == step.sale
            ),
            None,
        )
        return self._scripts.script(
            step, self.now_ms, person, sale if isinstance(sale, Sell) else None, self._told
        )

    def _told(self, value: Value) -> str:
        """A value of a field as its text, with what it refers to put in."""
        return resolved(value, self.happened, self.people.ids, self.people.credentials)

    def _office(self, numbered: Numbered, step: Office) -> None:
        done = self._note(numbered, step, HEAD_OFFICE)
        try:
            fields = {name: self._told(value) for name, value in step.fields.items()}
        except UnresolvedError as error:
            raise self._unplayable(numbered, error) from None
        found = self.office.operate(step.operation, fields, step.by)
        done.answer = dict(found.answer)
        if found.code:
            done.outcome, done.code, done.params = "refused", found.code, dict(found.params)
        self._tell(numbered, done)

    def _unplayable(self, numbered: Numbered, error: Exception) -> PlayFaultError:
        return PlayFaultError(f"line {self.scenario.line_of(numbered.number)}: {error}")

    def _prepare(self, lane: Lane, step: Operation) -> None:
        """Sign in and open the shift of the day, where the file leaves that out."""
        person = self._scripts.person(step.till, step.staff, self.scenario.head.staff)
        if lane.signed_in != person.id:
            self._must(lane, self._scripts.sign_in(self.now_ms, person))
            lane.signed_in = person.id
        day = self._day(step.till)
        if isinstance(step, OpenShift | CloseShift) or lane.shift_day == day:
            return
        if lane.shift_day is not None:
            self._must(lane, drive.CloseShift(at_ms=self.now_ms))
        self._must(lane, drive.OpenShift(at_ms=self.now_ms))
        lane.shift_day = day

    def _day(self, till: str) -> date:
        """Trading day by the clock at a till."""
        zone = self.scenario.zone_of_till(till)
        offset = self.scenario.offset_min(zone, self.now_ms)
        plain = business_date(self.now_ms, offset, 0)
        programme = in_force(self.scenario.chain.programmes, plain)
        cutoff = programme.business_day_cutoff_hour if programme else 0
        return business_date(self.now_ms, offset, cutoff)

    def _perform(self, lane: Lane, script: Script, done: Happened) -> drive.Answer:
        """Ring it up and commit, through deaths and restarts."""
        commands = [c for c in (script.opening, *script.filling) if c is not None]
        for _ in range(MEMBERSHIP_STARTS):
            try:
                for command in commands:
                    answer = self._ask(lane, command)
                    if isinstance(answer, drive.Refused):
                        return answer
                return self._ask(lane, script.closing)
            except TillDied:
                self._after_death(lane, done)
                answer = self._ask(lane, drive.Resume(at_ms=self.now_ms))
                if isinstance(answer, drive.Done) and self._is_new(lane, answer, script):
                    return self._reprint(lane, answer, done)
                if isinstance(answer, drive.Done) and answer.draft is not None:
                    done.recovered.append("resumed")
                    commands = _missing(script, answer.rung_up)
        raise PlayFaultError(f"till {lane.process.name} dies at every attempt")

    def _is_new(self, lane: Lane, answer: drive.Done, script: Script) -> bool:
        """Whether what was being done is in the journal. Behind an enrolment stands its sale."""
        joined = isinstance(script.closing, drive.Enrol) and answer.kind == "enrol"
        return (answer.draft is None or joined) and (answer.seq or 0) > lane.last_seq

    def _reprint(self, lane: Lane, answer: drive.Done, done: Happened) -> drive.Answer:
        """The entry is in the journal: its receipt once more."""
        printed = self._ask(lane, drive.Reprint(at_ms=self.now_ms, seq=answer.seq or 0))
        done.recovered.append("reprinted" if isinstance(printed, drive.Done) else "found")
        return answer

    def _take(self, done: Happened, answer: drive.Answer) -> None:
        if isinstance(answer, drive.Refused):
            done.outcome, done.code = "refused", answer.code
            done.params, done.online = answer.params, answer.online
        elif isinstance(answer, drive.Done):
            done.seq, done.entry_id, done.qr = answer.seq, answer.entry_id, answer.qr
            done.answer = answer.data

    def _keep(self, step: Operation, lane: Lane, answer: drive.Answer, staff: str) -> None:
        """Remember what later steps need to know."""
        lane.enrolling = step.sale if isinstance(step, Enrol) else ""
        if not isinstance(answer, drive.Done):
            return
        lane.last_seq = max(lane.last_seq, answer.seq or 0)
        match step:
            case Enrol() if answer.member is not None:
                self.people.ids[step.member] = answer.member
                self.people.credentials[step.member] = answer.credential or ""
                self.people.story.append(step.member)
            case SignIn():
                lane.signed_in = staff
            case OpenShift():
                lane.shift_day = self._day(step.till)
            case CloseShift():
                lane.shift_day = None
            case _:
                pass

    # -- talking to tills ----------------------------------------------------------------------

    def _alive(self, name: str) -> Lane:
        lane = self.lanes[name]
        if not lane.process.running:
            lane.process.launch(self.now_ms)
            self._ready(lane)
        return lane

    def _ask(self, lane: Lane, command: drive.AnyCommand) -> drive.Answer:
        answer = lane.process.ask(command)
        if isinstance(answer, drive.Done) and answer.seq:
            lane.last_seq = lane.last_seq if isinstance(command, drive.Resume) else answer.seq
        return answer

    def _must(self, lane: Lane, command: drive.AnyCommand) -> drive.Done:
        answer = self._ask(lane, command)
        if not isinstance(answer, drive.Done):
            raise PlayFaultError(f"till {lane.process.name} refused {command}: {answer}")
        return answer

    def _after_death(self, lane: Lane, done: Happened) -> None:
        """Start it again and sign in whoever was there."""
        done.killed_at.append(lane.process.armed)
        self._stage.say(f"  {lane.process.name} killed at {lane.process.armed}, started again")
        lane.process.launch(self.now_ms)
        self._ready(lane)
        person = next((s for s in self.scenario.chain.staff if s.id == lane.signed_in), None)
        if person is not None:
            self._must(lane, self._scripts.sign_in(self.now_ms, person))

    # -- notes ---------------------------------------------------------------------------------

    def _note(self, numbered: Numbered, step: AnyStep, where: str) -> Happened:
        do = step.__struct_config__.tag
        done = Happened(numbered.number, step.id, str(do), where, self.now_ms)
        self.happened.append(done)
        return done

    def _tell(self, numbered: Numbered, done: Happened) -> None:
        what = done.outcome if done.outcome == "done" else f"{done.outcome}: {done.code}"
        where = f" no. {done.seq}" if done.seq else ""
        self._stage.say(f"  {numbered.step.at:%m-%d %H:%M} {done.till} {done.do}{where} {what}")


def _missing(script: Script, rung_up: int) -> list[drive.AnyCommand]:
    """What is still to be rung up on a resumed draft that holds so many pieces."""
    missing: list[drive.AnyCommand] = []
    for command in script.filling:
        if isinstance(command, drive.ScanProduct | drive.Amount) and rung_up >= command.quantity:
            rung_up -= command.quantity
        else:
            missing.append(command)
    return missing


def taking_part(scenario: Scenario) -> Sequence[str]:
    """Tills that some step names, in the order of the file's tables."""
    named = {name for step in scenario.steps for name in tills_of(step)}
    return [till.id for till in scenario.chain.tills if till.id in named]


def tills_of(step: AnyStep) -> Sequence[str]:
    """Tills a step names."""
    if isinstance(step, Network):
        return step.tills
    till = getattr(step, "till", "")
    return (till,) if till else ()


def _no_judge(_numbered: Numbered) -> None:
    """Judge nothing."""
