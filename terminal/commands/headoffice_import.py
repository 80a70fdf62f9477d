"""`guibin headoffice import FILE`: a dealer's list of members into the ledger; first a look."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from sync.domain.importing import ImportMapping
    from sync.headoffice.service import HeadOffice

T = TypeVar("T")
With = Callable[[Path, Callable[["HeadOffice"], Coroutine[Any, Any, T]], str], T]
NOT_READY = 1


def import_list(
    with_office: With[Any],
    folder: Path,
    file: Path,
    mapping: Path,
    decisions: Path | None,
    label: str,
    people: tuple[str, str],
) -> None:
    """Look at a list, or carry it out where both people are named. Prints what it came to."""
    from sync.headoffice.import_files import read_list
    from sync.headoffice.importing import Importer
    from sync.headoffice.operations.importing import plan_view, read_decisions

    rules = _mapping(mapping)
    said = read_decisions(_read(decisions)) if decisions else {}

    async def look(hq: HeadOffice) -> dict[str, object]:
        return plan_view(await Importer(hq).dry_run(rules, read_list(file), said))

    async def carry_out(hq: HeadOffice) -> dict[str, object]:
        lists, now_ms = read_list(file), time.time_ns() // 1_000_000
        made = await Importer(hq).carry_out(label, rules, lists, said, people, now_ms)
        return {"members": made.members, "entries": made.entries, "already": made.already}

    advice = "The same command goes on where it stopped; no row is written twice."
    if all(people):
        _say(with_office(folder, carry_out, advice))
        return
    seen = with_office(folder, look, "Nothing was written.")
    _say(seen)
    if not seen["ready"]:
        typer.echo("Nothing was written. Mend the list or answer the questions (--decisions).")
        raise typer.Exit(NOT_READY)
    typer.echo("Nothing was written yet. To carry it out: --label NAME --by WHO --approver WHO2")


def undo_import(with_office: With[Any], folder: Path, label: str, people: tuple[str, str]) -> None:
    """Take an import back."""
    from sync.headoffice.importing import Importer

    async def back(hq: HeadOffice) -> int:
        return await Importer(hq).undo(label, people, time.time_ns() // 1_000_000)

    count = with_office(folder, back, "Nothing was changed.")
    typer.echo(f"{count} entries written: openings taken back, cards blocked. Members stay.")


def _mapping(path: Path) -> ImportMapping:
    from sync.headoffice.errors import InvalidError
    from sync.headoffice.operations.importing import read_mapping

    try:
        return read_mapping(_read(path))
    except InvalidError as error:
        typer.echo(f"{path.name} is no mapping: {error}. Nothing was written.", err=True)
        raise typer.Exit(2) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path} cannot be read: {error}. Nothing was written.", err=True)
        raise typer.Exit(2) from None


def _say(answer: dict[str, object]) -> None:
    for key, value in answer.items():
        if isinstance(value, list):
            for line in value:
                typer.echo(f"  {line}")
        else:
            typer.echo(f"{key}: {value}")
