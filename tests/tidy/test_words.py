"""Every code that a screen may have to show has words in every language."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator

import hardware
from hardware.errors import DeviceError
from sync.domain.refusals import REFUSAL_CODES
from terminal.text import LANGUAGES, Text


def device_codes() -> set[str]:
    """Codes of the whole tree of device faults, wherever in hardware/ they are declared."""
    for module in pkgutil.walk_packages(hardware.__path__, "hardware."):
        importlib.import_module(module.name)

    def tree(kind: type[DeviceError]) -> Iterator[type[DeviceError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    return {kind.code for kind in tree(DeviceError)} - {DeviceError.code}  # never raised itself


def wordless(codes: Iterable[str], prefix: str) -> list[str]:
    """Codes without words, as `language: code`; words stand under the code or prefix.code."""
    texts = [(language, Text(language)) for language in LANGUAGES]
    return [
        f"{language}: {prefix}.{code}"
        for language, text in texts
        for code in sorted(codes)
        if not (text.has(f"{prefix}.{code}") or text.has(code))
    ]


def test_every_refusal_has_words_in_every_language() -> None:
    assert REFUSAL_CODES
    assert not wordless(REFUSAL_CODES, "refusal")


def test_every_device_fault_has_words_in_every_language() -> None:
    assert len(device_codes()) > 5
    assert not wordless(device_codes(), "fault")


def test_a_code_without_words_is_noticed() -> None:
    assert wordless({"no_such_code"}, "refusal") == [
        f"{language}: refusal.no_such_code" for language in LANGUAGES
    ]
