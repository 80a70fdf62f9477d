"""Writes THIRD-PARTY-LICENCES.md from the metadata of the pinned runtime packages.

    .venv/bin/python installer/licences.py

Run it after every change of requirements/runtime.txt; the house rules compare the two.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "THIRD-PARTY-LICENCES.md"
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
HEAD = """\
# Third-party licences

What Guibin ships or installs to run, as each package states it in its own metadata. Written by
`installer/licences.py` from `requirements/runtime.txt`; do not edit by hand. The packages of the
checks and tests (`requirements/test.txt`) are never shipped and are not listed.

PySide6 and shiboken6 are used under the LGPL, as separate, replaceable libraries.

| package | version | licence |
|---|---|---|
"""
TAIL = """
## Not packages
| what | where | licence |
|---|---|---|
| Lucide 1.62.0, icons | `resources/icons/` | ISC (`resources/icons/LICENSE`) |
| Noto Sans CJK, font | installed by the system's package `fonts-noto-cjk` | SIL OFL 1.1 |
| Inter, font | installed by the system's package `fonts-inter` | SIL OFL 1.1 |
"""
# What a package states only in its licence file, read there by a person.
READ_BY_HAND = {"sqlcipher3": "zlib; SQLCipher within: BSD-3-Clause; OpenSSL within: Apache-2.0"}


def pins(text: str) -> list[tuple[str, str]]:
    """The (name, version) pairs of a requirement file, in its order."""
    return PIN.findall(text)


def licence_of(package: Distribution) -> str:
    """The licence a package states: SPDX expression, else short field, else classifiers."""
    meta = package.metadata
    stated = [*(meta.get_all("License-Expression") or []), *(meta.get_all("License") or [])]
    short = [text.strip() for text in stated if "\n" not in text.strip()]
    if short and short[0] not in {"", "UNKNOWN"}:
        return str(short[0])
    classifiers = meta.get_all("Classifier") or []
    names = [c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License :: ")]
    named = [name for name in names if name != "OSI Approved"]
    if named:
        return ", ".join(named)
    name = meta["Name"].lower()
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    raise LookupError(f"{name} states no licence: read its licence file, add it to READ_BY_HAND")


def row(name: str, version: str) -> str:
    """The table row of a pinned package, read from the very version that is pinned."""
    package = distribution(name)
    if package.version != version:
        raise LookupError(
            f"{name} {package.version} is installed, {version} is pinned: set up anew"
        )
    return f"| {name} | {version} | {licence_of(package).replace('|', '/')} |"


def table(requirements: str) -> str:
    """The whole list as Markdown for the text of a requirement file."""
    return (
        HEAD + "\n".join(row(name, version) for name, version in pins(requirements)) + "\n" + TAIL
    )


if __name__ == "__main__":
    LIST.write_text(
        table((ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")), encoding="utf-8"
    )
