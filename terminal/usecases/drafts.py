"""Drafts: operations under the id their entry will have, kept before anything irreversible.

Opening one mints the entry id; a second press of "Confirm", a question to head office that got no
answer, and a restart all go on with that id. A decline that was seen kills it: `renewed` gives a
fresh one.
"""

from __future__ import annotations

from typing import Final, TypeVar
from uuid import UUID

import msgspec

from sync.database.till.counter import DraftRow
from sync.domain.journal import Presented
from sync.domain.pricing import BasketLine, Product
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.till import Till

SALE: Final = "sale"
TOP_UP: Final = "top_up"
GIFT: Final = "redeem_gift"
ENROL: Final = "enrol"
OPERATION: Final = "operation"


class DraftLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line rung up; the names are what the screen shows. `sku` empty: a plain amount;
    `override_minor`: price of the one piece by head office's code, which entry `override` took
    in."""

    sku: str
    quantity: int
    unit_minor: int
    member_minor: int | None = None
    name_zh: str = ""
    name_en: str = ""
    variant_zh: str = ""
    variant_en: str = ""
    brand: str = ""
    category: str = ""
    section: str = ""
    override_minor: int | None = None
    override: str = ""

    @property
    def basket(self) -> BasketLine:
        """What the rules price."""
        return BasketLine(
            self.sku,
            self.quantity,
            self.unit_minor,
            self.member_minor,
            self.brand,
            self.category,
            self.section,
            self.override_minor,
            self.override,
        )


class Bearer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The member of a draft and how they were identified. `joining`: enrolled for this purchase."""

    member: UUID
    card: str | None = None
    presented: Presented | None = None
    joining: bool = False


class SaleDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sale being rung up. `programme`: version fixed when it began (golden case 17), `began_ms`:
    when it was resumed, if it was; `points`, `stored_value_minor`: how much of either the customer
    wants to use; `coupons`: codes presented; `slip`: of the mall's till, at a mall counter;
    `prospect`: under which key it counts for somebody who is no member yet; `alerts_seen`: flagged
    products somebody was warned about."""

    entry_id: UUID
    opened_ms: int
    programme: int
    lines: tuple[DraftLine, ...] = ()
    bearer: Bearer | None = None
    points: int = 0
    stored_value_minor: int = 0
    prospect: str = ""
    coupons: tuple[str, ...] = ()
    slip: str = ""
    began_ms: int = 0
    alerts_seen: tuple[str, ...] = ()

    def adding(self, product: Product, quantity: int = 1) -> SaleDraft:
        """With a product rung up; the same product again raises its quantity."""
        for index, line in enumerate(self.lines):
            if line.sku and line.sku == product.sku and not line.override:
                return self.with_quantity(index, line.quantity + quantity)
        line = DraftLine(
            product.sku,
            quantity,
            product.tag_minor,
            product.member_minor,
            product.name_zh,
            product.name_en,
            product.variant_zh,
            product.variant_en,
            product.brand,
            product.category,
            product.section,
        )
        return msgspec.structs.replace(self, lines=(*self.lines, line))

    def adding_amount(self, amount_minor: int) -> SaleDraft:
        """With a plain amount rung up."""
        return msgspec.structs.replace(self, lines=(*self.lines, DraftLine("", 1, amount_minor)))

    def with_quantity(self, index: int, quantity: int) -> SaleDraft:
        """With another quantity on a line; 0 takes the line away. A piece at head office's price
        stays one piece."""
        kept = [
            line
            if i != index or (line.override and quantity)
            else msgspec.structs.replace(line, quantity=quantity)
            for i, line in enumerate(self.lines)
        ]
        return msgspec.structs.replace(self, lines=tuple(line for line in kept if line.quantity))

    def for_member(self, bearer: Bearer | None) -> SaleDraft:
        """For a member, or for nobody; what was to be paid by points and stored value is undone."""
        return msgspec.structs.replace(self, bearer=bearer, points=0, stored_value_minor=0)

    def with_slip(self, slip: str) -> SaleDraft:
        """With the number of the mall's slip."""
        return msgspec.structs.replace(self, slip=slip)

    def knowing(self, product: str) -> SaleDraft:
        """With the warning about a product seen: it may be sold all the same (WAT-33)."""
        return msgspec.structs.replace(self, alerts_seen=(*self.alerts_seen, product))

    def paying(self, points: int = 0, stored_value_minor: int = 0) -> SaleDraft:
        """With points and stored value used up to these amounts."""
        return msgspec.structs.replace(self, points=points, stored_value_minor=stored_value_minor)


class TopUpDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A top-up. `amount_minor`: principal to load."""

    entry_id: UUID
    opened_ms: int
    programme: int
    bearer: Bearer
    amount_minor: int = 0


class GiftDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gift for points."""

    entry_id: UUID
    opened_ms: int
    programme: int
    bearer: Bearer
    offer: str = ""
    quantity: int = 1


class EnrolDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A membership. `member`: id the new member gets; `for_sale`: the draft that qualifies them."""

    entry_id: UUID
    opened_ms: int
    programme: int
    member: UUID
    for_sale: UUID | None = None


class OperationDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operation told as data (`terminal.operations`). `fields`: what was filled in, by name;
    never a PIN."""

    entry_id: UUID
    opened_ms: int
    programme: int
    operation: str
    bearer: Bearer | None = None
    fields: dict[str, str] = {}


Draft = SaleDraft | TopUpDraft | GiftDraft | EnrolDraft | OperationDraft
D = TypeVar("D", SaleDraft, TopUpDraft, GiftDraft, EnrolDraft, OperationDraft)

_KINDS: Final[dict[str, type[Draft]]] = {
    SALE: SaleDraft,
    TOP_UP: TopUpDraft,
    GIFT: GiftDraft,
    ENROL: EnrolDraft,
    OPERATION: OperationDraft,
}
_NAMES: Final = {made: name for name, made in _KINDS.items()}


def ready_to_open(till: Till) -> int | Refusal:
    """Version of the programme a new operation goes by, or why none may begin.

    Raises StoreFault: journal broken, disk nearly full.
    """
    if till.session is None:
        return refuse(Code.NOT_SIGNED_IN)
    shift = till.shift()
    if shift is None:
        return refuse(Code.SHIFT_NEEDED)
    programme = till.programme(shift.business_date)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    till.database.require_fit()
    return programme.version


def opened(till: Till, draft: D) -> D:
    """Keep a new draft; step "draft.opened" comes after it is safe. Raises StoreFault."""
    keep(till, draft)
    till.step("draft.opened")
    return draft


def keep(till: Till, draft: Draft, *, dead: bool = False) -> None:
    """Keep a draft as it now is. Raises StoreFault."""
    till.database.counter.save_draft(
        DraftRow(
            draft.entry_id,
            _NAMES[type(draft)],
            msgspec.json.encode(draft),
            dead,
            draft.opened_ms,
            till.clock.utc_ms(),
        )
    )


def is_dead(till: Till, draft: Draft) -> bool:
    """Whether head office declined this id."""
    row = till.database.counter.draft(draft.entry_id)
    return row is not None and row.dead


def renewed(till: Till, draft: D) -> D:
    """The same operation under a fresh id, after a decline; the old one is forgotten."""
    fresh = msgspec.structs.replace(draft, entry_id=till.new_id(), opened_ms=till.clock.utc_ms())
    keep(till, fresh)
    till.database.counter.drop_draft(draft.entry_id)
    return fresh


def abandon(till: Till, draft: Draft) -> None:
    """Forget an operation that was not done."""
    till.database.counter.drop_draft(draft.entry_id)


def open_drafts(till: Till) -> tuple[Draft, ...]:
    """Operations that were begun and are not done, oldest first: what a start offers to resume."""
    found: list[Draft] = []
    for row in till.database.counter.drafts():
        made = _KINDS.get(row.kind)
        if made is not None and not row.dead:
            found.append(msgspec.json.decode(row.state, type=made))
    return tuple(found)
