"""How this till is: for the status strip at every moment, for the health page in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sync.database.till.database import Safety
from sync.database.till.journal_file import RESERVE_BYTES, free_bytes
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Till

Level = Literal["ok", "note", "warn", "bad"]
UNSENT_NOTE_MS: Final = 5 * 60_000
UNSENT_WARN_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Status:
    """What the strip shows. `unsent`: entries head office has not; `oldest_ms`: age of the oldest;
    `offline_ms`: since head office was last heard (None: never); `asks`: it is asked now."""

    unsent: int
    oldest_ms: int | None
    offline_ms: int | None
    asks: bool
    saved_seq: int
    acked_seq: int


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One finding: a code, how bad it is, what to fill in."""

    code: str
    level: Level
    params: tuple[tuple[str, int | str], ...] = ()


@use_case
def status(till: Till) -> Status:
    """The till's connection and backlog now."""
    outbox, now_ms = till.database.outbox, till.clock.utc_ms()
    unsent = outbox.unsent()
    oldest = None if unsent.oldest_ms is None else max(now_ms - unsent.oldest_ms, 0)
    tape = till.database.tape
    return Status(
        unsent.count,
        oldest,
        till.offline_ms(),
        till.may_ask() is not None,
        tape.saved_seq if tape else 0,
        outbox.acked_seq(),
    )


@use_case
def safety(till: Till, seq: int) -> Safety:
    """How safe an entry is: saved here, saved twice, confirmed by head office."""
    return till.database.safety(seq)


@use_case
def health(till: Till) -> tuple[HealthLine, ...]:
    """Everything worth knowing, the worst first."""
    lines = [*_journal(till), *_copies(till), *_headoffice(till), *_rules(till)]
    order = {"bad": 0, "warn": 1, "note": 2, "ok": 3}
    return tuple(sorted(lines, key=lambda line: order[line.level]))


def _journal(till: Till) -> list[HealthLine]:
    checked, frozen = till.database.checked, till.database.frozen
    found = []
    if frozen:
        found.append(HealthLine(f"frozen_{frozen}", "bad"))
    if checked is None:
        found.append(HealthLine("journal_unchecked", "note"))
    elif checked.broken is not None:
        broken = checked.broken
        found.append(
            HealthLine("journal_broken", "bad", (("seq", broken.seq), ("rule", broken.rule)))
        )
    else:
        found.append(HealthLine("journal_checked", "ok", (("last", checked.last),)))
    free = free_bytes(till.database.folder)
    level: Level = "ok" if free >= 4 * RESERVE_BYTES else "warn"
    level = level if free >= RESERVE_BYTES else "bad"
    found.append(HealthLine("disk_free", level, (("free_mib", free >> 20),)))
    return found


def _copies(till: Till) -> list[HealthLine]:
    tape = till.database.tape
    found = []
    if tape is None:
        found.append(HealthLine("tape_none", "note"))
    elif tape.trouble:
        found.append(HealthLine(tape.trouble, "warn", (("saved", tape.saved_seq),)))
    else:
        found.append(HealthLine("tape_follows", "ok", (("saved", tape.saved_seq),)))
    if till.database.keys_in == "file":
        found.append(HealthLine("keys_in_file", "note"))
    return found


def _headoffice(till: Till) -> list[HealthLine]:
    outbox, now_ms = till.database.outbox, till.clock.utc_ms()
    unsent = outbox.unsent()
    age_ms = 0 if unsent.oldest_ms is None else now_ms - unsent.oldest_ms
    level: Level = "ok" if age_ms < UNSENT_NOTE_MS else "note"
    level = level if age_ms < UNSENT_WARN_MS else "warn"
    found = [
        HealthLine("unsent", level, (("entries", unsent.count), ("age_s", max(age_ms, 0) // 1000)))
    ]
    exceptions = outbox.exceptions()
    if exceptions:
        found.append(HealthLine("exceptions", "note", (("entries", len(exceptions)),)))
    offline_ms = till.offline_ms()
    if offline_ms is None:
        found.append(HealthLine("never_heard", "warn"))
    return found


def _rules(till: Till) -> list[HealthLine]:
    replica = till.database.replica
    packs, known = replica.programme_packs(), till.programmes()
    found = []
    if not known:
        found.append(HealthLine("programme_missing", "bad"))
    elif len(known) < len(packs):
        found.append(HealthLine("programme_newer", "warn", (("version", packs[-1].version),)))
    else:
        found.append(HealthLine("programme_held", "ok", (("version", known[-1].version),)))
    found.append(HealthLine("members_held", "ok", (("members", replica.members_held()),)))
    return found
