"""The real till without its window: joined over HTTP, rung up on by its use cases, synced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.domain.cards import card_number
from sync.domain.members import Balances
from sync.domain.pricing import Product
from sync.domain.programme import OfflineLimits, PointsTender, Programme
from sync.domain.refusals import Refusal
from sync.headoffice.seeding import ChainDescription, Opening, SeedMember
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running
from sync.headoffice.setup import StaffRow
from terminal.app.clocks import SystemClock, system_random
from terminal.app.composing import Application, Outside
from terminal.app.joining import join
from terminal.app.syncing import sync_once
from terminal.config import Settings
from terminal.usecases import drafts, identify, redeem_gift, sell, shift, sign_in, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import GiftDraft, SaleDraft, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import no_step
from tests.helpers.servers import START_MS
from tests.helpers.tills import chain_places
from tests.sync.domain.making import programme

PIN = "2468"
SCARF = Product("SCARF", "6900000000017", "丝巾", "Scarf", 10_000)
STORES = ("A-store", "B-store", "C-store", "W-store")
OPENED = date(2026, 11, 1)
RULES: Programme = programme(
    points_tenders=(PointsTender("points", 100, 1_000, 1_000),),
    offline=OfflineLimits(),
)
Answer = Done | Refusal | Trouble


class Clock:
    """A wall clock that tests may move; real time passes on it too."""

    def __init__(self, at_ms: int = START_MS) -> None:
        self._system = SystemClock()
        self._ahead_ms = at_ms - self._system.utc_ms()

    def utc_ms(self) -> int:
        """Wall clock."""
        return self._system.utc_ms() + self._ahead_ms

    def mono_ms(self) -> int:
        """Time that never runs back."""
        return self._system.mono_ms()

    def move(self, ms: int) -> None:
        """Set the wall clock forward, or back."""
        self._ahead_ms += ms


def member(
    key: str, serial: int, points: int = 0, principal_minor: int = 0, store: str = "A-store"
) -> SeedMember:
    """Somebody who brings points and stored value."""
    brought = Opening(store, OPENED, points=points, principal_minor=principal_minor)
    phone = f"+86138{serial:08d}"
    return SeedMember(key, f"会员{key}", phone, card_number(serial), store, openings=(brought,))


def seed(
    served: Running, *members: SeedMember, rules: Programme = RULES, clock: Clock | None = None
) -> dict[str, UUID]:
    """Dealers A, B, C and W with two tills each, the programme, staff and members."""
    staff = (
        StaffRow("lin", "林晓", PIN, STORES),
        StaffRow("wang", "王敏", PIN, STORES, ("manager",), approver=True),
    )
    chain = ChainDescription(chain_places(), (rules,), (SCARF,), staff, members)
    at_ms = (clock or Clock()).utc_ms()
    if served.head_office.settings.scenario:
        served.head_office.clock.set(at_ms)
    return served.call(lambda hq: hq.seeder.seed(chain, at_ms))


class RealTill:
    """One till on its folder. `story`: head office is told the till's time."""

    def __init__(
        self,
        base: str,
        folder: Path,
        clock: Clock | None = None,
        *,
        step: Callable[[str], None] = no_step,
        pins: tuple[str, ...] = (),
        story: bool = True,
    ) -> None:
        self.folder, self.clock = folder, clock or Clock()
        self.settings = Settings(base, pins, plain_loopback=not pins, language="en")
        self._step, self._story = step, story
        self.outside = Outside(self.clock, SystemClock(), system_random, story=story, step=step)
        self.app: Application

    def join(self, code: str) -> None:
        """Enrol with a code and open."""
        join(
            self.folder, self.settings, code, self.clock, SystemClock(), system_random,
            story=self._story,
        )  # fmt: skip
        self.open()

    def open(self) -> None:
        """Open the till's files."""
        self.app = Application(self.folder, self.settings, self.outside)

    def close(self) -> None:
        """Close them."""
        self.app.close()

    def begin(self) -> None:
        """Sign in and open the shift."""
        assert not isinstance(sign_in.sign_in(self.app.till, "lin", PIN), Refusal | Trouble)
        found = shift.open_shift(self.app.till, 0)
        assert isinstance(found, shift.OpenShift), found

    def sync(self, batch: int = 500) -> tuple[int, int]:
        """Push everything and pull until nothing is newer."""
        return sync_once(self.app, batch)

    @property
    def offline(self) -> bool:
        """Whether the switch is off."""
        return self.app.till.offline

    @offline.setter
    def offline(self, value: bool) -> None:
        self.app.set_offline(value)

    # -- operations ------------------------------------------------------------------------------

    def card(self, serial: int, strength: Strength = Strength.AUTHENTICATED) -> MemberCard:
        """A member by card."""
        read = CredentialRead("wedge", Medium.IC, card_number(serial), ReadMethod.READ, strength, 0)
        found = identify.scan(self.app.till, read)
        assert isinstance(found, MemberCard), found
        return found

    def approval(self) -> Approval:
        """The manager stands behind it."""
        found = sign_in.approve(self.app.till, "wang", PIN)
        assert isinstance(found, Approval)
        return found

    def draft(
        self, amount: int, serial: int | None = None, points: int = 0, stored: int = 0
    ) -> SaleDraft:
        """A sale rung up."""
        found = sell.open_sale(self.app.till)
        assert isinstance(found, SaleDraft), found
        who = self.card(serial).bearer if serial else None
        return found.adding_amount(amount).for_member(who).paying(points, stored)

    def pay(self, draft: SaleDraft, *, approved: bool = True) -> Answer:
        """Pay it in cash."""
        approval = self.approval() if approved else None
        due = sum(line.unit_minor * line.quantity for line in draft.lines)
        return sell.sell(self.app.till, draft, "cash", due, approval)

    def sell(
        self, amount: int, serial: int | None = None, points: int = 0, stored: int = 0
    ) -> Answer:
        """Ring up and pay; what is refused is forgotten."""
        fit = sell.open_sale(self.app.till)
        if not isinstance(fit, SaleDraft):
            return fit
        drafts.abandon(self.app.till, fit)
        draft = self.draft(amount, serial, points, stored)
        found = self.pay(draft)
        if not isinstance(found, Done):
            drafts.abandon(self.app.till, draft)
        return found

    def gift(self, serial: int) -> Answer:
        """Take an umbrella (1000 points, 50.00)."""
        found = redeem_gift.open_gift(self.app.till, self.card(serial).bearer)
        assert isinstance(found, GiftDraft)
        taken = redeem_gift.of_gift(found, "umbrella")
        return redeem_gift.redeem_gift(self.app.till, taken, self.approval())

    def top_up(self, serial: int, amount: int) -> Answer:
        """Load stored value."""
        found = top_up.open_top_up(self.app.till, self.card(serial).bearer)
        assert isinstance(found, TopUpDraft)
        wanted = top_up.of_amount(found, amount)
        return top_up.top_up(self.app.till, wanted, "cash", self.approval())

    def confirmed(self, who: UUID) -> Balances:
        """Head office's figures as this till knows them."""
        found = self.app.database.standing(who)
        assert found is not None
        return found.confirmed

    def expected(self, who: UUID) -> Balances:
        """With what its own entries will change."""
        found = self.app.database.standing(who)
        assert found is not None
        return found.confirmed + found.pending


@contextmanager
def real_till(
    served: Running,
    folder: Path,
    name: str = "A1",
    clock: Clock | None = None,
    step: Callable[[str], None] = no_step,
) -> Iterator[RealTill]:
    """A till that joined, synced once and has an open shift."""
    till = RealTill(served.base, folder, clock, step=step)
    code = served.call(lambda hq: hq.enrolment.make_code(name, till.clock.utc_ms()))
    till.join(code)
    try:
        till.sync()
        till.begin()
        yield till
    finally:
        till.close()


async def figures(hq: HeadOffice) -> dict[UUID, Balances]:
    """What head office has of every member."""
    import sqlalchemy as sa

    from sync.database.headoffice import ledger, tables
    from sync.database.headoffice.statements import query

    async with hq.database.reading() as session:
        rows = await session.fetch(query(sa.select(tables.balance.c.member)))
        ids = [UUID(bytes=row[0]) for row in rows]
        loaded = await ledger.load(session, ids, [], [], lock=False)
    return {who: book.balances for who, book in loaded.books.items()}


def balances_of(served: Running) -> dict[UUID, Balances]:
    """What head office has of every member."""
    return served.call(figures)
