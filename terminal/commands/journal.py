"""`guibin journal verify | show | export`: a till's journal, looked at without selling.

Works on a till's data folder, also while the till is running, and `verify` and `show` on an
exported file without the till.

Exit codes: 0 all holds; 1 the journal does not hold (the first bad entry is named); 2 wrong usage;
3 it cannot be read (no journal there, wrong key, not an export).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from sync.database.till.journal import Journal
    from sync.database.till.keys import LoadedKeys
    from sync.database.till.outbox import Outbox
    from sync.domain.journal import Entry
    from terminal.usecases.journal_files import Verdict

BROKEN, UNREADABLE = 1, 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Look at a till's journal: verify it, show entries, export it.",
    epilog="Exit codes: 0 holds, 1 does not hold, 2 wrong usage, 3 cannot be read.",
)

Source = Annotated[Path, typer.Argument(help="A till's data folder, or an exported file.")]
Folder = Annotated[Path, typer.Argument(help="A till's data folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Pinned = Annotated[
    str, typer.Option("--headoffice-key", help="Head office's root key you trust: ID=HEX.")
]


@app.command()
def verify(source: Source, as_json: AsJson = False, headoffice_key: Pinned = "") -> None:
    """Check chain, signatures, sums and numbers; name the first bad entry."""
    from sync.protocol.errors import ProtocolError
    from terminal.usecases.journal_files import verify_export, verify_journal

    pinned = _pinned(headoffice_key)
    try:
        if source.is_dir():
            with opened_journal(source) as held:
                found = verify_journal(held.journal, held.outbox, pinned)
        else:
            found = verify_export(source, pinned)
    except (OSError, ProtocolError) as error:
        unreadable(source, error)
    if found.problem == "file" and found.device is None:
        unreadable(source, "this is not an exported journal")
    if as_json:
        typer.echo(json.dumps(_verdict_json(found)))
    else:
        _say(found)
    raise typer.Exit(0 if found.holds else BROKEN)


@app.command()
def show(
    source: Source,
    seq: Annotated[int, typer.Option(help="Show one entry in full.")] = 0,
    last: Annotated[int, typer.Option(help="How many entries from the end.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the last entries, or show one in full."""
    if source.is_dir():
        with opened_journal(source) as held:
            head = held.journal.head().seq
            entries = held.journal.entries(seq - 1 if seq else max(head - last, 0), last)
    else:
        try:
            entries = list(exported(source))
        except (OSError, ValueError) as error:
            unreadable(source, error)
        entries = [e for e in entries if e.seq >= seq] if seq else entries[-last:]
    if seq:
        entries = [entry for entry in entries if entry.seq == seq]
        if not entries:
            _fail(f"There is no entry {seq} in {source.name}.", "Nothing was changed.")
    for entry in entries:
        body = json.loads(entry.body)
        if as_json or seq:
            indent = None if as_json else 2
            shown = {"seq": entry.seq, "hash": entry.hash.hex(), "body": body}
            typer.echo(json.dumps(shown, ensure_ascii=False, indent=indent))
        else:
            typer.echo(_line(entry, body))


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Argument(help="File to write; must not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Write the journal as one signed file that verifies without the till. No personal data."""
    from terminal.usecases.journal_files import export_journal

    with opened_journal(folder) as held:
        try:
            with out.open("xb") as file:
                signing = held.keys.keys.signing
                now_ms = time.time_ns() // 1_000_000
                count = export_journal(held.journal, held.outbox, signing, file, now_ms)
        except FileExistsError:
            _fail(f"{out.name} is there already.", "Nothing was written.", "Name another file.")
        except OSError as error:
            _fail(f"{out.name} cannot be written: {error.strerror}.", "The journal is untouched.")
    if as_json:
        typer.echo(json.dumps({"entries": count, "file": str(out)}))
    else:
        typer.echo(f"{count} entries exported to {out}. Check them: guibin journal verify {out}")


@dataclass(frozen=True, slots=True)
class Held:
    """A till's journal, open to look at."""

    journal: Journal
    outbox: Outbox
    keys: LoadedKeys


@contextmanager
def opened_journal(folder: Path) -> Iterator[Held]:
    """The journal of a till's folder, read only; ends the program when there is none."""
    """A till's journal, only to look at."""
    from sync.database.till.faults import StoreFault
    from sync.database.till.journal import Journal
    from sync.database.till.journal_file import JournalFile
    from sync.database.till.keys import load_keys
    from sync.database.till.outbox import Outbox

    try:
        keys = load_keys(folder)
        if keys is None:
            unreadable(folder, "there is no till in this folder")
        file = JournalFile(folder, keys.keys.database, read_only=True)
    except StoreFault as fault:
        unreadable(folder, fault)
    try:
        journal = Journal(file, keys.keys.signing.sign)
        yield Held(journal, Outbox(journal), keys)
    except StoreFault as fault:
        unreadable(folder, fault)
    finally:
        file.close()


def exported(path: Path) -> Iterator[Entry]:
    """Entries of an exported file, as they stand in it."""
    from terminal.usecases.journal_files import exported_entries

    return exported_entries(path)


def _pinned(text: str) -> dict[str, bytes] | None:
    if not text:
        return None
    name, _, value = text.partition("=")
    try:
        key = bytes.fromhex(value)
    except ValueError:
        key = b""
    if not name or len(key) != 32:
        raise typer.BadParameter("expected ID=HEX, 64 hexadecimal digits")
    return {name: key}


def _verdict_json(found: Verdict) -> dict[str, Any]:
    broken = found.broken
    return {
        "holds": found.holds,
        "device": str(found.device) if found.device else None,
        "epoch": found.epoch,
        "till": found.till,
        "first": found.first,
        "entries": found.entries,
        "head": found.head,
        "acked": found.acked,
        "broken_at": broken.seq if broken else None,
        "rule": broken.rule if broken else None,
        "problem": found.problem or None,
        "headoffice_pinned": found.pinned,
        "headoffice_keys": list(found.hq_keys),
    }


def _say(found: Verdict) -> None:
    typer.echo(f"till {found.till}, device {found.device}, epoch {found.epoch}")
    if not found.pinned:
        typer.echo("head office's keys are those the record names; pin them to trust it:")
        for key in found.hq_keys:
            typer.echo(f"  {key}")
    if found.broken is not None:
        typer.echo(
            f"DOES NOT HOLD: entry {found.broken.seq} breaks the rule '{found.broken.rule}'. "
            f"Entries {found.first} to {found.broken.seq - 1} hold."
        )
    elif found.problem:
        typer.echo(f"DOES NOT HOLD: {_PROBLEMS[found.problem]}")
    else:
        typer.echo(
            f"holds: {found.entries} entries, head {found.head[:16]}, "
            f"acknowledged up to {found.acked}"
        )


_PROBLEMS = {
    "record": "the enrolment record is not signed by a trusted head office, or not this till's.",
    "ack": "an acknowledgement is not head office's.",
    "end": "the end of the file is missing, changed, or not signed by the till.",
    "file": "a line of the file cannot be read.",
}


def _line(entry: Entry, body: dict[str, Any]) -> str:
    at = body["at"]
    local = datetime.fromtimestamp(at["utc_ms"] / 1000, UTC) + timedelta(minutes=at["offset_min"])
    member = (body.get("member") or "")[-8:]
    return (
        f"{entry.seq:>8}  {body['business_date']}  {local:%m-%d %H:%M:%S}  {body['kind']:<16}"
        f"  {member:<8}  {body['operator']:<10}  {entry.hash.hex()[:8]}"
    )


def unreadable(source: Path, error: object) -> NoReturn:
    """Say that nothing can be read there, and end the program."""
    typer.echo(f"{source} cannot be read: {error}. Nothing was changed.", err=True)
    raise typer.Exit(UNREADABLE)


def _fail(*sentences: str) -> NoReturn:
    typer.echo(" ".join(sentences), err=True)
    raise typer.Exit(2)
