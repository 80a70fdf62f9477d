"""Service orders: what is taken in, through which steps it goes, who has it free (golden case 12).

Lists of codes (items, colours, faults) keep names and free words out of the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from sync.domain.rulebook.basics import Words, within

HOME: Final = "home"  # the dealer of the member's home store pays (the default of golden case 12)
HEADOFFICE: Final = "headoffice"
PERFORMING: Final = "performing"
FUNDERS: Final = (HOME, HEADOFFICE, PERFORMING)
MAX_GARMENTS: Final = 30  # what one entry surely holds
_MAX_CODE: Final = 32
_MAX_DAYS: Final = 3_650


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code with its name in both languages."""

    code: str
    name: Words

    def __post_init__(self) -> None:
        within("length of a code", len(self.code), 1, _MAX_CODE)


class ServiceStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of a service. `after`: steps from which it may be reached (empty: the one listed
    before it); `ready`: garments at this step may be handed out."""

    code: str
    name: Words
    after: tuple[str, ...] = ()
    ready: bool = False


class ServiceType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service: dry_cleaning, repair, complaint ... Garments start at the first step.

    `promise_days`: days from intake to the promised date; `price_minor`: what a customer without
    an entitlement pays per garment; `tariff_minor`: what the performing dealer is paid per garment
    of an entitlement.
    """

    code: str
    name: Words
    steps: tuple[ServiceStep, ...]
    promise_days: int = 3
    price_minor: int = 0
    tariff_minor: int = 0

    def __post_init__(self) -> None:
        within("promise_days", self.promise_days, 0, _MAX_DAYS)
        within("price_minor", self.price_minor, 0)
        within("tariff_minor", self.tariff_minor, 0)
        codes = [step.code for step in self.steps]
        _unique(f"steps of {self.code}", codes)
        if not any(step.ready for step in self.steps):
            raise ValueError(f"{self.code} has no step at which garments are ready")
        for step in self.steps:
            within("length of a code", len(step.code), 1, _MAX_CODE)
            if not set(step.after) <= set(codes):
                raise ValueError(f"{self.code}.{step.code}: after {step.after}")

    def step(self, code: str) -> ServiceStep | None:
        """The step of that code."""
        return next((step for step in self.steps if step.code == code), None)

    def may_follow(self, now: str, then: str) -> bool:
        """Whether a garment at step `now` may go to step `then`."""
        for before, step in zip((None, *self.steps), self.steps, strict=False):
            if step.code == then:
                usual = (before.code,) if before else ()
                return now in (step.after or usual)
        return False


class Entitlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service that members of `tiers` have free, at every dealer (golden case 12).

    `per_year`: orders in a calendar year (None: for life without number); `most_garments`: of one
    order; `funded_by`: who pays the performing dealer: home | headoffice | performing.
    """

    code: str
    name: Words
    service: str
    tiers: tuple[str, ...]
    per_year: int | None = None
    most_garments: int = 10
    funded_by: str = HOME

    def __post_init__(self) -> None:
        within("length of a code", len(self.code), 1, _MAX_CODE)
        within("most_garments", self.most_garments, 1, MAX_GARMENTS)
        if self.per_year is not None:
            within("per_year", self.per_year, 1, _MAX_DAYS)
        if self.funded_by not in FUNDERS or "/" in self.code:
            raise ValueError(f"{self.code}: funded_by {self.funded_by!r}")


class Services(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All services. `free_soft_till_minor`, `free_hard_till_minor`: free services a till may
    promise at tariff without head office since its last acknowledgement; above the soft mark with
    an approver (design.md section 5, class C)."""

    types: tuple[ServiceType, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    items: tuple[Named, ...] = ()
    colours: tuple[Named, ...] = ()
    faults: tuple[Named, ...] = ()
    free_soft_till_minor: int = 20_000
    free_hard_till_minor: int = 50_000

    def __post_init__(self) -> None:
        within("free_soft_till_minor", self.free_soft_till_minor, 0)
        within("free_hard_till_minor", self.free_hard_till_minor, 0)
        types = [kind.code for kind in self.types]
        if types:
            _unique("service types", types)
        if self.entitlements:
            _unique("entitlements", [free.code for free in self.entitlements])
        for free in self.entitlements:
            if free.service not in types:
                raise ValueError(f"{free.code}: no service {free.service!r}")

    def type_of(self, code: str) -> ServiceType | None:
        """The service of that code."""
        return next((kind for kind in self.types if kind.code == code), None)

    def entitlement(self, code: str) -> Entitlement | None:
        """The entitlement of that code."""
        return next((free for free in self.entitlements if free.code == code), None)

    def free_for(self, tier: str, service: str) -> Entitlement | None:
        """The entitlement to `service` of members of `tier`; one without number goes first."""
        found = [e for e in self.entitlements if e.service == service and tier in e.tiers]
        return min(found, key=lambda e: (e.per_year is not None, -(e.per_year or 0)), default=None)


def _unique(what: str, codes: Sequence[str]) -> None:
    if not codes or len(set(codes)) != len(codes):
        raise ValueError(f"{what} must be there and unique: {codes}")
