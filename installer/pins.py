"""Writes the hash-pinned requirement files from pyproject.toml.

    .venv/bin/python installer/pins.py [--upgrade]

Without --upgrade the pins in place are kept wherever they still fit. The files name no index and
no host: where packages come from is a matter of the machine that installs them. Only wheels are
pinned, so that no set-up ever needs a compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
    "--strip-extras",
    "--allow-unsafe",
    "--pip-args=--only-binary=:all:",
)
RUNTIME_EXTRAS = ("--extra=terminal", "--extra=headoffice", "--extra=build")


def compile_pins(target: str, options: tuple[str, ...]) -> None:
    """Write requirements/<target>; `options` choose what goes in. Raises on an unsolvable set."""
    print(f"pins: requirements/{target}")
    subprocess.run(
        [
            *(sys.executable, "-m", "piptools", "compile"),
            *(*OPTIONS, *options, f"--output-file=requirements/{target}", "pyproject.toml"),
        ],
        cwd=ROOT,
        check=True,
        env={**os.environ, "CUSTOM_COMPILE_COMMAND": "python installer/pins.py"},
    )


def main() -> None:
    """Compile the runtime pins, then the test pins on top of them."""
    upgrade = tuple(sys.argv[1:])
    compile_pins("runtime.txt", (*RUNTIME_EXTRAS, *upgrade))
    compile_pins("test.txt", ("--all-extras", "--constraint=requirements/runtime.txt", *upgrade))


if __name__ == "__main__":
    main()
