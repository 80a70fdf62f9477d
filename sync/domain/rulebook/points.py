"""What points buy: goods and gifts."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import PER_MILLE, Words, within


class PointsTender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points as money at some dealers (golden case 3): `unit_points` pay `face_minor`, settled at
    `settlement_minor`.

    An empty `dealers` means every dealer. Points are taken in multiples of `unit_points`, at most
    `max_share_per_mille` of the goods' price.
    """

    offer: str
    unit_points: int
    face_minor: int
    settlement_minor: int
    dealers: tuple[str, ...] = ()
    max_share_per_mille: int = 1000

    def __post_init__(self) -> None:
        within("unit_points", self.unit_points, 1)
        within("face_minor", self.face_minor, 1)
        within("settlement_minor", self.settlement_minor, 0)
        within("max_share_per_mille", self.max_share_per_mille, 0, PER_MILLE)


class Gift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gift for points; `settlement_minor` is what the funding dealers pay for it together (golden
    case 4).
    """

    offer: str
    name: Words
    points: int
    settlement_minor: int
    face_minor: int
    dealers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within("points", self.points, 1)
        within("settlement_minor", self.settlement_minor, 0)
        within("face_minor", self.face_minor, 0)
