"""The root of `guibin`. Every command is a module of its own, imported when it is asked for.

`--help` names them without importing one, so it answers at once; Qt is imported only by those that
show a window. A command whose module this installation lacks is not listed.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

# name -> (module with a typer `app`, one line of help)
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "till": ("terminal.commands.till", "Open the till."),
    "headoffice": ("terminal.commands.headoffice", "Serve head office; run and explain clearing."),
    "journal": ("terminal.commands.journal", "Verify, show or export a till's journal."),
    "why": ("terminal.commands.why", "Explain an entry in plain words."),
    "play": ("terminal.commands.play", "Play a described story through real tills."),
    "demo": ("terminal.commands.demo", "Try everything on a small chain."),
    "bench": ("terminal.commands.bench", "Measure against what the machine can do."),
}


class LazyGroup(TyperGroup):
    """Commands by name; the module of one is imported when it runs or shows its help."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002  # typer's signature
        """Name what this installation has."""
        return [name for name, (module, _) in COMMANDS.items() if find_spec(module) is not None]

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Import a command; while help is being listed, a stand-in with its line of help."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module, line = COMMANDS[cmd_name]
        if _only_listing(cmd_name):
            return TyperCommand(cmd_name, help=line)
        made = typer.main.get_command(_app_of(import_module(module)))
        command = cast("TyperCommand | TyperGroup", made)
        command.name = cmd_name
        command.help = command.help or line
        return command


def _app_of(module: object) -> typer.Typer:
    found: typer.Typer = module.__dict__["app"]
    return found


def _only_listing(name: str) -> bool:
    """Whether the command line asks for another command or for none."""
    return name not in sys.argv[1:]


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    help="Guibin 贵宾: store loyalty that works with and without a network.",
    epilog="Every command has --help; exit codes are documented there.",
)


@app.callback()
def root(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more on standard error."),
) -> None:
    """Guibin 贵宾: store loyalty that works with and without a network."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def main() -> None:
    """Run the program."""
    app()
