"""Amounts as people write them in a scenario: quoted yuan, "50.00", kept as integer fen."""

from __future__ import annotations

from typing import Final

from sync.domain.money import money, plain


class Fen(int):
    """Minor units, written in a file as quoted yuan with at most two decimals."""

    def __repr__(self) -> str:
        return f"Fen({plain(int(self))})"


class FenOrMax(Fen):
    """Minor units, or "max": as much as may be used."""


MAX: Final = FenOrMax(-1)


def fen(value: object) -> Fen:
    """Fen of quoted yuan; ValueError with the reason for anything else, a number without quotes
    above all."""
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004  # the reader maps ValueError to a line of the file
            f'an amount is written in quotes, in yuan: "50.00", not {value!r}'
        )
    return Fen(money(value).minor)


def decode(kind: type, value: object) -> object:
    """Hook of msgspec for the types of this module; ValueError becomes an error with the place in
    the file."""
    if kind is FenOrMax:
        return MAX if value == "max" else FenOrMax(fen(value))
    if kind is Fen:
        return fen(value)
    raise NotImplementedError(kind)
