"""`guibin why ENTRY SOURCE`: an entry in plain words, in Chinese or English.

ENTRY is what stands on the receipt (A1-1-000017) or the journal number alone; SOURCE a till's data
folder, an exported journal, or head office's folder, which also knows the lots.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from terminal.commands.journal import exported, opened_journal, unreadable

if TYPE_CHECKING:
    from sync.domain.journal import Body, Entry
    from sync.headoffice.recounting import Recount
    from terminal.presenters.why import Part, Told

NOT_FOUND, WRONG = 1, 2
HASH_SHOWN = 8
MAX_DIGITS = 18  # of a journal number

app = typer.Typer(help="Explain an entry in plain words.", add_completion=False)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`till` is empty where only a number was given."""

    till: str
    seq: int


@app.command()
def why(
    entry: Annotated[str, typer.Argument(help="Receipt number (A1-1-000017) or journal number.")],
    source: Annotated[
        Path, typer.Argument(help="A till's folder, an exported journal, or head office's folder.")
    ],
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Say what an entry was and how each of its numbers came about.

    Exit codes: 0 explained · 1 there is no such entry · 2 wrong usage · 3 the source cannot be
    read.
    """
    wanted = _wanted(entry)
    if language not in ("zh", "en"):
        raise _no(f"No such language: {language}. There are zh and en.", WRONG)
    found, told = _found(source, wanted)
    if found is None:
        raise _no(f"There is no entry {entry} in {source}. Nothing was changed.", NOT_FOUND)
    _say(found, told, "en" if language == "en" else "zh_CN", as_json=json)


def _wanted(text: str) -> _Wanted:
    till, _, number = text.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
        raise _no(f"{text} is no receipt number; it looks like A1-1-000017, or just 17.", WRONG)
    return _Wanted(till, int(number))


def _found(source: Path, wanted: _Wanted) -> tuple[Entry | None, Told | None]:
    if (source / "headoffice.json").exists():
        return _at_head_office(source, wanted)
    if source.is_dir():
        return _at_till(source, wanted)
    try:
        return next((e for e in exported(source) if e.seq == wanted.seq), None), None
    except (OSError, ValueError) as error:
        unreadable(source, error)


def _at_till(folder: Path, wanted: _Wanted) -> tuple[Entry | None, Told | None]:
    import msgspec

    from sync.protocol.messages import AllocationNote
    from terminal.presenters.why import LotPart, Told

    with opened_journal(folder) as held:
        found, result = held.journal.entry(wanted.seq), held.outbox.result(wanted.seq)
    if result is None:
        return found, None
    notes = msgspec.json.decode(result.allocations, type=tuple[AllocationNote, ...])
    lots = tuple(
        LotPart(n.account, n.quantity, n.lot_dealer, n.debtor, n.creditor, n.amount_minor)
        for n in notes
    )
    return found, Told(result.outcome, result.codes, result.post_seq, lots)


def _at_head_office(folder: Path, wanted: _Wanted) -> tuple[Entry | None, Told | None]:
    from sync.database.headoffice.sessions import StoreError
    from sync.headoffice import recounting, service
    from sync.headoffice.errors import NotFoundError
    from terminal.presenters.why import LotPart, Told

    if not wanted.till:
        raise _no("Head office has many tills: give the whole number, as on the receipt.", WRONG)

    async def look() -> Recount:
        async with service.opened(service.read_settings(folder)) as hq:
            return await recounting.recount(hq.database, wanted.till, wanted.seq)

    try:
        made = asyncio.run(look())
    except NotFoundError:
        return None, None
    except StoreError as error:
        unreadable(folder, error)
    lots = tuple(
        LotPart(a.account, a.quantity, a.lot_dealer, a.debtor, a.creditor, a.amount_minor)
        for a in made.allocations
    )
    known = made.outcome
    return made.entry, Told(known.outcome.value, known.codes, known.post_seq, lots)


def _say(
    entry: Entry, told: Told | None, language: Literal["zh_CN", "en"], *, as_json: bool
) -> None:
    from sync.domain.journal import UnreadableBody, read_body
    from terminal.presenters.why import why as explained
    from terminal.text import Text

    try:
        body = read_body(entry.body)
    except UnreadableBody as error:
        raise _no(f"This release cannot read the entry: {error}. It is kept.", NOT_FOUND) from None
    parts = explained(Text(language), _number(body, entry), body, told)
    if as_json:
        typer.echo(_as_json(entry, body, told, parts))
        return
    for part in parts:
        typer.echo(part.title)
        for line in part.lines:
            typer.echo(f"  {line}")


def _number(body: Body, entry: Entry) -> str:
    from terminal.usecases.commits import receipt_number

    return f"{receipt_number(body.place.till, entry.seq)} [{entry.hash.hex()[:HASH_SHOWN]}]"


def _as_json(entry: Entry, body: Body, told: Told | None, parts: tuple[Part, ...]) -> str:
    import msgspec

    made = {
        "seq": entry.seq,
        "kind": body.kind,
        "hash": entry.hash.hex(),
        "parts": parts,
        "steps": body.trace,
        "told": told,
    }
    return msgspec.json.encode(made).decode()


def _no(message: str, code: int) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)
