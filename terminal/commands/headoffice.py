"""`guibin headoffice`: set up, serve, enrol tills, clear between dealers, explain a line.

Exit codes: 0 done, 1 refused or not found, 2 wrong use, 3 head office is not set up or its database
does not answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

if TYPE_CHECKING:
    from sync.headoffice.clearing.runs import Statement
    from sync.headoffice.service import HeadOffice

T = TypeVar("T")
PORT: Final = 8443
NOT_THERE: Final = 3

app = typer.Typer(
    name="headoffice",
    help="Head office: the service that keeps the one true ledger.",
    no_args_is_help=True,
)
clearing = typer.Typer(name="clearing", help="Clearing runs between dealers.", no_args_is_help=True)
app.add_typer(clearing)

Folder = Annotated[
    Path,
    typer.Option("--folder", envvar="GUIBIN_HEADOFFICE", help="Where head office keeps its files."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
By = Annotated[str, typer.Option("--by", help="Who does this (id of the person).")]
Label = Annotated[str, typer.Argument(help="Label of the run, e.g. 2026-11.")]
DEFAULT: Final = Path("headoffice")


def _print(value: object) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def _fail(message: str, code: int = 1) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _with(
    folder: Path, work: Callable[[HeadOffice], Coroutine[Any, Any, T]], advice: str = ""
) -> T:
    """Open head office, run `work`, close it; errors end the program with what to do (`advice`:
    what to say beside a refusal)."""
    from sync.database.headoffice.sessions import StoreError
    from sync.headoffice import service
    from sync.protocol.errors import ProtocolError

    async def run() -> T:
        async with service.opened(service.read_settings(folder)) as head_office:
            return await work(head_office)

    try:
        return asyncio.run(run())
    except FileNotFoundError:
        raise _fail(
            f"There is no head office in {folder}. Set one up: guibin headoffice init", NOT_THERE
        ) from None
    except ProtocolError as error:
        raise _fail(f"Not done: {error}\n{advice}".rstrip()) from None
    except StoreError as error:
        raise _fail(f"The database does not answer as it should: {error}", NOT_THERE) from None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@app.command()
def init(
    folder: Folder = DEFAULT,
    database: Annotated[
        str, typer.Option(help='"sqlite", or an address: postgresql://user@host/name')
    ] = "sqlite",
    host: Annotated[str, typer.Option(help="Name or address in the certificate.")] = "127.0.0.1",
    json: Json = False,
) -> None:
    """Make keys, certificate and database; bring an existing head office to this release."""
    from sync.database.headoffice.sessions import StoreError
    from sync.headoffice import service

    try:
        pin = service.init(folder, _now_ms(), database=database, host=host)
    except (StoreError, OSError) as error:
        raise _fail(f"Not set up: {error}", NOT_THERE) from None
    if json:
        _print({"folder": str(folder), "certificate_sha256": pin})
        return
    typer.echo(f"Head office is set up in {folder}.")
    typer.echo(f"Tills pin this certificate (SHA-256): {pin}")
    typer.echo(f"Keep {folder / 'keys.json'} safe: nobody can make it again.")


@app.command()
def serve(
    folder: Folder = DEFAULT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = PORT,
    plain: Annotated[bool, typer.Option(help="HTTP without TLS; loopback only.")] = False,
    scenario: Annotated[bool, typer.Option(help="Take injected time (never for real).")] = False,
    seed: Annotated[str, typer.Option(help="Repeatable randomness; with --scenario only.")] = "",
) -> None:
    """Answer tills until interrupted."""
    from sync.headoffice import service
    from sync.headoffice.randomness import Seeded, from_system
    from sync.headoffice.serving import serve as run

    if plain and host not in {"127.0.0.1", "::1", "localhost"}:
        raise _fail("Plain HTTP is for loopback only: leave out --plain.", 2)
    if seed and not scenario:
        raise _fail("--seed makes keys that can be guessed: it goes with --scenario only.", 2)
    try:
        settings = service.read_settings(folder, scenario=scenario)
        random = Seeded(f"{seed}|serve") if seed else from_system
        typer.echo(f"Head office answers at {'http' if plain else 'https'}://{host}:{port}")
        run(settings, host, port, tls=not plain, random=random)
    except FileNotFoundError:
        raise _fail(
            f"There is no head office in {folder}. Set one up: guibin headoffice init", NOT_THERE
        ) from None
    except OSError as error:
        raise _fail(f"Cannot listen on {host}:{port}: {error}", NOT_THERE) from None


@app.command("enrol-code")
def enrol_code(
    till: Annotated[str, typer.Argument(help='Printed name of the till, e.g. "A1-2".')],
    folder: Folder = DEFAULT,
    json: Json = False,
) -> None:
    """A one-time code with which a till joins: ten minutes, one use."""
    from sync.headoffice.enrolment import code_for_eyes

    code = _with(folder, lambda hq: hq.enrolment.make_code(till, _now_ms()))
    if json:
        _print({"till": till, "code": code})
    else:
        typer.echo(f"{till}: {code_for_eyes(code)} (ten minutes, one use)")


@app.command()
def restored(
    folder: Folder = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="A backup was put back; do it.")] = False,
    json: Json = False,
) -> None:
    """After a backup of head office was put back: tell the tills, which send again what it lacks.

    Stop head office, put database and keys back, run this once, start it again. Each till then
    sends every entry the backup lacks when it next says hello; nothing is posted twice. Until all
    of them were heard, balances may lack what the others hold, and no clearing run should be made.
    """
    from sync.headoffice.restoring import restored as begin_again

    if not yes:
        raise _fail(
            "Nothing was done. Run this only when a backup was put back: it voids the replica of "
            "every till, which is fetched again. Stop head office first, then add --yes.",
            2,
        )
    before, now = _with(folder, lambda hq: begin_again(hq.database))
    if json:
        _print({"epoch_before": before, "epoch": now})
        return
    typer.echo(f"Head-office epoch {before} ended, epoch {now} begins. Start head office now.")
    typer.echo("Each till sends what the backup lacks when it is next connected.")
    typer.echo("Make no clearing run before every till was connected again.")


@app.command()
def redrive(folder: Folder = DEFAULT, json: Json = False) -> None:
    """Try entries in quarantine again."""
    from sync.headoffice.jobs.redriving import redrive as again

    posted = _with(folder, lambda hq: again(hq.database, hq.poster, _now_ms()))
    if json:
        _print({"posted": posted})
    else:
        typer.echo(f"{posted} entries posted.")


@app.command("do")
def do(
    name: Annotated[str, typer.Argument(help="The operation: see guibin headoffice operations.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="field=value; value @FILE: the text of a file.")
    ] = None,
    by: By = "office",
    folder: Folder = DEFAULT,
    json: Json = False,
) -> None:
    """Do one of head office's operations and show what it answers."""
    from sync.headoffice.operations import asking

    told = dict(_field(text) for text in fields or ())
    answer = _with(
        folder,
        lambda hq: asking.perform(hq, name, told, by, _now_ms()),
        "Nothing was changed. Names and fields: guibin headoffice operations",
    )
    if json:
        _print(answer)
        return
    for key, value in answer.items():
        typer.echo(f"{key}: {value}")


@app.command()
def operations(json: Json = False) -> None:
    """Every operation of `do`, with its fields."""
    from sync.headoffice.operations import asking, catalogue

    if json:
        _print(asking.described())
        return
    for operation in catalogue.OPERATIONS:
        typer.echo(operation.name)
        for name, means in operation.fields.items():
            may = " (may be left out)" if name in operation.optional else ""
            typer.echo(f"  {name:<18} {means}{may}")


def _field(text: str) -> tuple[str, str]:
    """Name and value of "field=value"; a value @FILE is the text of that file."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise _fail(f"{text!r} is no field=value. Nothing was done.", 2)
    if not value.startswith("@"):
        return name, value
    try:
        return name, Path(value[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _fail(f"{value[1:]} cannot be read: {error}. Nothing was done.", 2) from None


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The list: CSV or XLSX, headings first.")],
    mapping: Annotated[Path, typer.Option(help="How the list is read: a TOML file.")],
    decisions: Annotated[Path | None, typer.Option(help="Lines 'line,new|same|skip'.")] = None,
    label: Annotated[str, typer.Option(help="Name of the import, once for ever.")] = "",
    by: Annotated[str, typer.Option(help="Who carries it out.")] = "",
    approver: Annotated[str, typer.Option(help="Who approves, another person.")] = "",
    folder: Folder = DEFAULT,
) -> None:
    """Look at a dealer's list of members; with --label, --by and --approver, carry it out."""
    from terminal.commands.headoffice_import import import_list

    if any((label, by, approver)) and not all((label, by, approver)):
        raise _fail("--label, --by and --approver go together. Nothing was written.", 2)
    import_list(_with, folder, file, mapping, decisions, label, (by, approver))


@app.command("import-undo")
def import_undo(
    label: Annotated[str, typer.Argument(help="Name of the import.")],
    by: By,
    approver: Annotated[str, typer.Option(help="Who approves, another person.")],
    folder: Folder = DEFAULT,
) -> None:
    """Take an import back: void its openings, block its cards."""
    from terminal.commands.headoffice_import import undo_import

    undo_import(_with, folder, label, (by, approver))


@clearing.command("run")
def clearing_run(
    label: Label,
    by: By,
    folder: Folder = DEFAULT,
    recut: Annotated[
        bool, typer.Option(help="Move an existing draft to what is posted now.")
    ] = False,
    json: Json = False,
) -> None:
    """Draft a run over everything posted since the last approved one."""
    made = _with(folder, lambda hq: hq.clearing.draft(label, by, _now_ms(), recut=recut))
    _show(made, json=json)


@clearing.command("approve")
def clearing_approve(label: Label, by: By, folder: Folder = DEFAULT, json: Json = False) -> None:
    """Approve a draft and freeze it; by another person than who drafted it."""
    _show(_with(folder, lambda hq: hq.clearing.approve(label, by, _now_ms())), json=json)


@clearing.command("list")
def clearing_list(folder: Folder = DEFAULT, json: Json = False) -> None:
    """All runs."""
    from sync.headoffice.clearing.views import run_view

    runs = _with(folder, lambda hq: hq.clearing.runs())
    if json:
        _print([run_view(kept) for kept in runs])
        return
    for kept in runs:
        typer.echo(f"{kept.label}  {kept.state}  posted {kept.after + 1} to {kept.upto}")


@app.command()
def statement(
    label: Label,
    folder: Folder = DEFAULT,
    csv: Annotated[
        Path | None, typer.Option(help="Write the lines here (the bytes of the digest).")
    ] = None,
    totals: Annotated[Path | None, typer.Option(help="Write the sums as CSV here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a printable page here.")] = None,
    json: Json = False,
) -> None:
    """Show a run's statement, or write it to files."""
    from sync.headoffice.clearing.printing import statement_html
    from sync.headoffice.clearing.views import dealer_names

    async def work(hq: HeadOffice) -> tuple[Statement, str]:
        found = await hq.clearing.statement(label)
        return found, statement_html(found, await dealer_names(hq.database))

    found, page = _with(folder, work)
    for path, data in (
        (csv, found.kept.lines_csv),
        (totals, found.kept.positions_csv),
        (html, page.encode()),
    ):
        if path is not None:
            path.write_bytes(data)
            typer.echo(f"Wrote {path}", err=True)
    if json or not (csv or totals or html):
        _show(found, json=json)


@app.command()
def explain(
    label: Label,
    line: Annotated[int, typer.Argument(help="Number of the line.")],
    folder: Folder = DEFAULT,
    json: Json = False,
) -> None:
    """Why a line is there: card, redeeming till and journal number, lots and earning entries."""
    found = _with(folder, lambda hq: hq.explainer.explain(label, line))
    if json:
        _print(found)
    else:
        typer.echo(found.words)


def _show(found: Statement, *, json: bool) -> None:
    from sync.domain.money import plain
    from sync.headoffice.clearing.views import statement_view

    if json:
        _print(statement_view(found))
        return
    run = found.run
    typer.echo(
        f"Clearing run {run.label} ({found.kept.state}): posted {run.after + 1} to {run.upto}"
    )
    typer.echo(f"{'dealer':<12}{'pays':>14}{'receives':>14}{'net':>14}{'own':>14}")
    for p in run.positions:
        figures = (p.pays_minor, p.receives_minor, p.net_minor, p.own_minor)
        typer.echo(f"{p.dealer:<12}" + "".join(f"{plain(figure):>14}" for figure in figures))
    typer.echo(f"{len(run.lines)} lines, SHA-256 {run.digest}")
