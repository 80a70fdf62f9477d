"""Who stands at the counter: a card read, a number typed, or somebody picked from a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from hardware.events import CredentialRead, Medium
from sync.client.online import NoAnswer
from sync.domain.cards import Card, may_use, normalise, serial_of
from sync.domain.coupons import is_coupon
from sync.domain.journal import Presented
from sync.domain.members import Profile, Standing
from sync.domain.overrides import is_override
from sync.domain.pricing import Product
from sync.domain.programme import Tier
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.tiers import Progress
from sync.protocol.messages import MemberAsk
from terminal.usecases.credentials import credential_of
from terminal.usecases.drafts import Bearer
from terminal.usecases.levels import level_of
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Till

READER_MAX: Final = 64  # a name of a reader as an entry holds it; some drivers say far more
SEARCHED: Final = Presented("none", "", "searched", "token")
CARD_ONLY: Final = frozenset({Medium.MAGSTRIPE, Medium.IC, Medium.RFID})


@dataclass(frozen=True, slots=True)
class MemberCard:
    """A member at the counter. `name`: full where this till holds the profile, else masked;
    `age_ms`: age of head office's figures (None: it has none yet); `bearer`: for a draft; `level`:
    what the level is now and what is missing to keep it or to the next."""

    standing: Standing
    bearer: Bearer
    tier: Tier | None
    name: str
    card: Card | None
    profile: Profile | None
    age_ms: int | None
    level: Progress | None = None

    @property
    def member(self) -> UUID:
        """The member's id."""
        return self.standing.row.member

    @property
    def negative(self) -> bool:
        """Whether something is owed: blocks redemption until cured (golden case 9)."""
        return is_negative(self.standing)


@dataclass(frozen=True, slots=True)
class ProductFound:
    """A product was scanned."""

    product: Product


@dataclass(frozen=True, slots=True)
class CodeFound:
    """A code for the sale was scanned: a coupon, or a price code (`codes.take_code`)."""

    raw: str


@use_case
def scan(till: Till, read: CredentialRead) -> MemberCard | ProductFound | CodeFound | Refusal:
    """Whatever was scanned or typed, in a fixed order (pitfall 28): a coupon or price code by its
    name space, a card, a product. Asks head office for an unknown card.

    Refusals: unknown_code, card_unknown, card_blocked, card_replaced, card_whose.
    """
    raw = normalise(read.raw)
    if read.medium not in CARD_ONLY and (is_coupon(raw) or is_override(raw)):
        return CodeFound(raw)
    found = credential_of(till, read)
    known = None if isinstance(found, Refusal) else till.database.card(found.token)
    if known is None and read.medium not in CARD_ONLY and serial_of(raw) is None:
        product = till.database.replica.product_by_barcode(raw)
        if product is not None:
            return ProductFound(product)
        if not isinstance(found, Refusal) and not found.scheme:
            return refuse(Code.UNKNOWN_CODE, tail=raw[-4:])
    return found if isinstance(found, Refusal) else _identified(till, read, found.token, known)


@use_case
def identify(till: Till, read: CredentialRead) -> MemberCard | Refusal:
    """The member of a card. Refusals: card_unknown, card_blocked, card_replaced, card_whose."""
    found = credential_of(till, read)
    if isinstance(found, Refusal):
        return found
    return _identified(till, read, found.token, till.database.card(found.token))


@use_case
def choose(till: Till, member: UUID) -> MemberCard | Refusal:
    """A member picked from a search. Refusal: card_unknown (gone meanwhile)."""
    found = member_card(till, Bearer(member, None, SEARCHED))
    return found or refuse(Code.CARD_UNKNOWN)


@use_case
def refreshed(till: Till, found: MemberCard) -> MemberCard:
    """The member on head office's newest figures, if it answers within 2 seconds; else as before.

    Meant for the thread that may wait.
    """
    fetch(till, "member", str(found.member))
    return member_card(till, found.bearer) or found


def member_card(till: Till, bearer: Bearer) -> MemberCard | None:
    """A member by id as this till sees one now; None when it knows nobody of that id."""
    standing = till.database.standing(bearer.member, till.latest_ms())
    if standing is None:
        return None
    shift = till.database.counter.last_shift()
    day = shift.business_date if shift else till.today()
    standing = replace(standing, day=day)
    programme = till.programme(day)
    level = level_of(programme, standing, day) if programme else None
    profile = till.database.profile(standing.row.member)
    card = till.database.card(bearer.card) if bearer.card else None
    as_of_ms = standing.as_of_ms
    age_ms = None if as_of_ms is None else max(till.clock.utc_ms() - as_of_ms, 0)
    return MemberCard(
        standing,
        bearer,
        programme.tier(level.tier.code if level.provisional else standing.row.tier)
        if programme and level
        else None,
        profile.name if profile else standing.row.name,
        card,
        profile,
        age_ms,
        level,
    )


def fetch(till: Till, by: str, value: str) -> bool:
    """Fetch one member from head office into the replica; whether head office answered."""
    online = till.may_ask()
    if online is None:
        return False
    reply = online.member(MemberAsk(by, value))
    if isinstance(reply, NoAnswer):
        till.answered(yes=False)
        return False
    till.answered(yes=True)
    if reply.items:
        till.replica_store.put_fetched(reply.items, till.clock.utc_ms())
    return True


def is_negative(standing: Standing) -> bool:
    """Whether a member owes anything, own pending operations included."""
    sums = standing.confirmed + standing.pending
    return standing.row.uncovered > 0 or min(sums.points, sums.principal, sums.bonus) < 0


def presented_of(read: CredentialRead, *, pin: bool = False) -> Presented:
    """How a credential came in, as an entry says it."""
    medium = "none" if read.medium is Medium.TYPED else read.medium.value
    reader = read.reader_id[:READER_MAX]
    return Presented(medium, reader, read.method.value, read.strength.value, pin)


def _identified(
    till: Till, read: CredentialRead, token: str, known: Card | None
) -> MemberCard | Refusal:
    if known is None and fetch(till, "token", token):
        known = till.database.card(token)
    refused = may_use(known)
    if refused is not None or known is None:
        return refused or refuse(Code.CARD_UNKNOWN)
    bearer = Bearer(known.member, token, presented_of(read))
    found = member_card(till, bearer)
    if found is None and fetch(till, "token", token):
        found = member_card(till, bearer)
    return found or refuse(Code.CARD_UNKNOWN)
