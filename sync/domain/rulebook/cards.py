"""Cards: who may unblock one, how far supplementary cards go, PINs, cards nobody knows yet."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import within

HEAD_OFFICE = "headoffice"
APPROVER = "approver"


class Supplementary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most a supplementary card may be given, minor units: points at settlement value, and
    stored value; per operation, per business date, in all (FL-35; golden case 11).
    """

    points_op_minor: int = 5_000
    points_day_minor: int = 10_000
    points_total_minor: int = 100_000
    stored_value_op_minor: int = 10_000
    stored_value_day_minor: int = 20_000
    stored_value_total_minor: int = 200_000

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            within(name, getattr(self, name), 0)


class Cards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unblock`: headoffice | approver; `supplementary_most`: how many a member may have;
    `pin_digits`: length of a card PIN; `pin_tries`: wrong ones before head office has to help
    (pitfall 25).
    """

    unblock: str = HEAD_OFFICE
    supplementary_most: int = 3
    supplementary: Supplementary = Supplementary()
    pin_digits: int = 6
    pin_tries: int = 3

    def __post_init__(self) -> None:
        if self.unblock not in (HEAD_OFFICE, APPROVER):
            raise ValueError(f"cards.unblock: {self.unblock!r}")
        within("cards.supplementary_most", self.supplementary_most, 0, 100)
        within("cards.pin_digits", self.pin_digits, 4, 6)
        within("cards.pin_tries", self.pin_tries, 1, 10)
