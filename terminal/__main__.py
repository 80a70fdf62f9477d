"""`python -m terminal` is `guibin`."""

from terminal.commands.main import main

main()
