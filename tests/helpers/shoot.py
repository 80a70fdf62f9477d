"""Pictures of every screen: `python -m tests.helpers.shoot [FOLDER] [--only WORD]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from terminal.text import LANGUAGES, Text
from terminal.widgets import theme
from tests.helpers import sample_views
from tests.helpers.screens import SIZES, show_state, window


def main() -> None:
    """Save one PNG for each screen, state, language and size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--theme", default="light", choices=theme.THEMES)
    parser.add_argument("--scale", default=1.0, type=float, choices=theme.SCALES)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="guibin-screens-"))
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    theme.apply(app, theme.load(chosen.theme, chosen.scale))
    for language in LANGUAGES:
        text = Text(language)
        shell, screens = window(text)
        for width, height in SIZES:
            shell.resize(round(width * chosen.scale), round(height * chosen.scale))
            shell.show()
            for name, states in sample_views.SCREENS.items():
                for state in states:
                    stem = "-".join(part for part in (name, state, language, str(width)) if part)
                    if chosen.only not in stem:
                        continue
                    show_state(shell, screens, text, name, state)
                    app.processEvents()
                    app.processEvents()
                    shell.grab().save(str(folder / f"{stem}.png"))
    sys.stdout.write(f"{folder}\n")


if __name__ == "__main__":
    main()
