"""A programme with services, virtual goods and events, and tills that write their entries."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sync.domain import extras, gift_stock, selling, service_orders
from sync.domain.ids import uuid7
from sync.domain.journal import Body, Effect, Entry, Kind
from sync.domain.programme import Gift, Programme
from sync.domain.rulebook.extras import Event, ExtraRules, VirtualGood
from sync.domain.rulebook.services import (
    Entitlement,
    Named,
    Services,
    ServiceStep,
    ServiceType,
)
from tests.sync.domain.making import Counter, granted, plain, programme, words

CLEANING = ServiceType(
    "dry_cleaning",
    words(),
    (
        ServiceStep("received", words()),
        ServiceStep("at_cleaner", words()),
        ServiceStep("back", words(), ready=True),
    ),
    promise_days=3,
    price_minor=4_500,
    tariff_minor=3_000,
)
REPAIR = ServiceType(
    "repair",
    words(),
    (
        ServiceStep("received", words()),
        ServiceStep("in_work", words()),
        ServiceStep("waiting_part", words(), ("in_work",)),
        ServiceStep("done", words(), ("in_work", "waiting_part"), ready=True),
    ),
    promise_days=7,
    price_minor=8_000,
    tariff_minor=6_000,
)
COMPLAINT = ServiceType(
    "complaint", words(), (ServiceStep("told", words()), ServiceStep("answered", words(), (), True))
)
SERVICES = Services(
    (CLEANING, REPAIR, COMPLAINT),
    (
        Entitlement("clean-life", words(), "dry_cleaning", ("diamond",)),
        Entitlement("repair-2", words(), "repair", ("diamond",), per_year=2, most_garments=2),
    ),
    (Named("coat", words()), Named("suit", words())),
    (Named("black", words()),),
    (Named("stain", words()),),
)
EXTRAS = ExtraRules(
    (
        VirtualGood("q-100", words(), "q_coins", 1_000, 900, 1_000),
        VirtualGood("film", words(), "film_year_card", 500, 450, 500, ("A",)),
    ),
    (Event("party", words(), date(2026, 11, 20), 300, 1_500, "A"),),
)


def rules(**changes: Any) -> Programme:
    """The programme, with the settings of services given over it."""
    gifts = (
        Gift("umbrella", words(), 1_000, 5_000, 8_800),
        Gift("scarf", words(), 800, 4_000, 6_000),
        Gift("mug", words(), 300, 1_500, 2_000, ("A",)),
        Gift("case", words(), 2_000, 9_000, 12_000),
    )
    usual: dict[str, Any] = {"services": SERVICES, "extras": EXTRAS, "gifts": gifts}
    return programme(**(usual | changes))


RULES = rules()


class Desk(Counter):
    """A till that takes in garments, orders virtual goods, and so on."""

    def __init__(self, dealer: str, number: int = 1, book: Programme = RULES) -> None:
        super().__init__(dealer, number, book)

    def entry_id(self) -> UUID:
        whose = f"{self.dealer}{self.number}".encode().ljust(4)[:4]
        return uuid7(1_800_000_000_000 + self.seq, self.seq.to_bytes(6, "big") + whose)

    def body(self, kind: str, member: UUID | None = None, **changes: Any) -> Body:
        return super().body(kind, member, **({"entry_id": self.entry_id()} | changes))

    def open(
        self, member: UUID | None, service: str = "dry_cleaning", garments: int = 1, free: str = ""
    ) -> tuple[str, Entry]:
        """An order and the entry that opens it; `free`: the entitlement's code."""
        entitlement = self.rules.services.entitlement(free) if free else None
        wanted = [("coat", "black", ("stain",))] * garments
        data, trace = granted(
            service_orders.taken_in(
                self.rules, self.entry_id(), self.day, service, wanted, entitlement
            )
        )
        body = self.body(Kind.SERVICE_OPEN, member, data=plain(data), trace=trace)
        return data.code, self.write(body)

    def step(self, code: str, step: str, member: UUID | None = None, *tags: str) -> Entry:
        data = service_orders.StepData(code, step, tags)
        return self.write(self.body(Kind.SERVICE_STEP, member, data=plain(data)))

    def close(
        self, code: str, member: UUID | None = None, outcome: str = "done", **data: Any
    ) -> Entry:
        """Hand out; money into the drawer when there is a price."""
        made = service_orders.CloseData(code, outcome, **data)
        drawer = selling.money_account(self.dealer, self.place.till, "cash")
        effects = (
            Effect(drawer, "CNY", -made.price_minor),
            Effect(f"dealer/{self.dealer}/services", "CNY", made.price_minor),
        )
        return self.write(
            self.body(
                Kind.SERVICE_CLOSE,
                member,
                data=plain(made),
                effects=effects if made.price_minor else (),
            )
        )

    def order_virtual(
        self, member: UUID, offer: str = "q-100", quantity: int = 1, *, request: bool = False
    ) -> tuple[str, Entry]:
        made = granted(
            extras.virtual_order(
                self.rules, member, self.dealer, offer, quantity, 10**9, request=request
            )
        )
        order = str(self.entry_id())
        body = self.body(
            Kind.VIRTUAL_ORDER,
            member,
            data=plain(made.data),
            effects=made.effects,
            claims=made.claims,
            trace=made.trace,
        )
        return order, self.write(body)

    def attend(self, member: UUID, event: str = "party") -> Entry:
        made = granted(extras.event_deduction(self.rules, member, event, 10**9))
        body = self.body(
            Kind.EVENT_DEDUCTION,
            member,
            data=plain(made.data),
            effects=made.effects,
            claims=made.claims,
        )
        return self.write(body)

    def hold(self, member: UUID | None, offer: str, quantity: int, until: date) -> Entry:
        data = gift_stock.HoldData(offer, quantity, until)
        return self.write(self.body(Kind.GIFT_HOLD, member, data=plain(data)))

    def outcome(self, order: str, member: UUID, outcome: str, **changes: Any) -> Entry:
        """Head office's entry; its place is where the order was made."""
        data = extras.OutcomeData(order, outcome)
        return self.write(self.body(Kind.VIRTUAL_OUTCOME, member, data=plain(data), **changes))
