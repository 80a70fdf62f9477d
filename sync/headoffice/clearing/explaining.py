"""Why a statement line is there: from the fen back to the scan, and where the units came from."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.database.headoffice import ledger, published, settlements
from sync.database.headoffice.sessions import Database, Session
from sync.domain.clearing_words import WITHOUT_LOT
from sync.domain.journal import Body, UnreadableBody, read_body
from sync.domain.losses import LOSS
from sync.domain.lots import HEAD_OFFICE, Allocation, EntryRef
from sync.domain.money import plain
from sync.headoffice.clearing.runs import Clearing
from sync.headoffice.errors import NotFoundError

SHOWN_CARDS = 1
HASH_SHOWN = 8


class Operation(msgspec.Struct, frozen=True):
    """An entry as a person looks for it: till and journal number stand on its receipt.

    `hash`: first 8 hex digits, as printed; `steps`: the rule trace, ids with operands and result.
    """

    till: str
    store: str
    dealer: str
    seq: int
    device: UUID
    epoch: int
    hash: str
    kind: str
    business_date: str
    utc_ms: int
    operator: str
    steps: tuple[dict[str, object], ...]


class Share(msgspec.Struct, frozen=True):
    """One lot's part of a claim: `units` of it settle `amount_minor`; `line` marks this one."""

    lot_dealer: str
    units: int
    amount_minor: int
    this_line: bool
    post_seq: int


class Explanation(msgspec.Struct, frozen=True):
    """A statement line, explained. Amounts in fen.

    `shares`: all lots that serve the same claim, in order; `claim_units` and `claim_minor`: their
    sums; `open_units`: what no lot has covered yet.
    """

    label: str
    line: int
    debtor: str
    creditor: str
    amount_minor: int
    kind: str
    offer: str
    account: str
    quantity: int
    member: UUID
    card_tail: str
    redeemed: Operation
    claim_units: int
    claim_minor: int
    shares: tuple[Share, ...]
    earned: Operation
    lot_units: int
    lot_expires_on: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains lines of runs."""

    database: Database
    clearing: Clearing

    async def explain(self, label: str, number: int) -> Explanation:
        """Line `number` of run `label`; NotFoundError("run" | "line")."""
        async with self.database.reading() as session:
            kept = await settlements.run(session, label)
            if kept is None:
                raise NotFoundError("run", label=label)
            found = None
            if number > 0:
                found = await settlements.nth_allocation(session, kept.after, kept.upto, number)
            if found is None:
                raise NotFoundError("line", line=number)
            return await self._explain(session, label, number, found)

    async def _explain(
        self, session: Session, label: str, number: int, a: Allocation
    ) -> Explanation:
        redeemed, token = await _operation(session, a.entry)
        earned, _ = await _operation(session, a.lot_entry)
        siblings = [
            one
            for one in await settlements.of_claim(session, a)
            if (one.kind == LOSS) == (a.kind == LOSS)
        ]
        lot = await settlements.lot(session, a.member, a.lot)
        shares = tuple(
            Share(s.lot_dealer, s.quantity, s.amount_minor, _key(s) == _key(a), s.post_seq)
            for s in siblings
        )
        made = Explanation(
            label=label,
            line=number,
            debtor=a.debtor,
            creditor=a.creditor,
            amount_minor=a.amount_minor,
            kind=a.kind,
            offer=a.offer,
            account=a.account,
            quantity=a.quantity,
            member=a.member,
            card_tail=await _tail(session, token, a.member),
            redeemed=redeemed,
            claim_units=sum(share.units for share in shares),
            claim_minor=sum(share.amount_minor for share in shares),
            shares=shares,
            earned=earned,
            lot_units=lot.quantity if lot else a.quantity,
            lot_expires_on=lot.expires_on.isoformat() if lot and lot.expires_on else None,
            words="",
        )
        return msgspec.structs.replace(made, words=words(made))


def words(e: Explanation) -> str:
    """The explanation as lines of text."""
    what = f"{e.kind} {e.offer}".strip()
    parts = " + ".join(f"{s.units} from {s.lot_dealer} = {plain(s.amount_minor)}" for s in e.shares)
    expires = f", expires {e.lot_expires_on}" if e.lot_expires_on else ""
    own = " (its own units: net 0)" if e.debtor == e.creditor else ""
    pays = f"{e.debtor} pays {plain(e.amount_minor)}, {e.creditor} receives it{own}"
    if e.quantity < 0:  # a claim was taken back
        pays = f"{e.creditor} gives back {plain(-e.amount_minor)}, {e.debtor} receives it{own}"
    if e.kind in WITHOUT_LOT:
        return "\n".join((f"Line {e.line} of {e.label}: {pays}", *_without_lot(e, what)))
    whole = f"{e.claim_units} {e.account} settle at {plain(e.claim_minor)}: {parts}"
    source = f"{e.earned.kind} gave {e.lot_units} {e.account}{expires}"
    return "\n".join(
        (
            f"Line {e.line} of {e.label}: {pays}",
            f"  for {e.quantity} {e.account}, used for {what}",
            f"  card ...{e.card_tail or '?'} at {_place(e.redeemed)}, by {e.redeemed.operator}",
            f"  the whole: {whole}",
            f"  these {e.quantity} came from {_place(e.earned)}: {source}",
        )
    )


def _without_lot(e: Explanation, what: str) -> tuple[str, ...]:
    """Lines that no lot stands behind: a service, money given back for another dealer, a loss."""
    made = f"  card ...{e.card_tail or '?'} at {_place(e.redeemed)}, by {e.redeemed.operator}"
    if e.kind == LOSS:
        steps = [step for step in e.earned.steps if step.get("rule") == "loss.assigned"]
        of = steps[0].get("of") if steps else None
        told = of if isinstance(of, dict) else {}
        why = "within a lease, or authorised" if e.debtor == HEAD_OFFICE else "beyond any lease"
        days, incident = told.get("days", "?"), told.get("incident") or "none"
        return (
            f"  for {e.quantity} {e.account} {e.offer}, not covered by a lot in {days} days",
            made,
            f"  borne by {e.debtor}: {why}; incident: {incident}",
            "  a lot that covers it later repays whoever bore it",
        )
    source = f"  it goes back to {_place(e.earned)}: {e.earned.kind}"
    return f"  for {what}", made, source


def _place(o: Operation) -> str:
    where = f"till {o.till} (store {o.store}, dealer {o.dealer})"
    return f"{where}, journal no. {o.seq} [{o.hash}], {o.business_date}"


def _key(a: Allocation) -> tuple[int, int]:
    return a.post_seq, a.part


async def _operation(session: Session, ref: EntryRef) -> tuple[Operation, str]:
    """The entry and the card token it names ("" for none)."""
    entry = await ledger.entry(session, ref)
    device = await ledger.device(session, ref.device, ref.epoch)
    body: Body | None = None
    if entry is not None:
        try:
            body = read_body(entry.body)
        except UnreadableBody:
            body = None
    place = body.place if body else None
    made = Operation(
        till=place.till if place else (device.till if device else "?"),
        store=place.store if place else "?",
        dealer=place.dealer if place else "?",
        seq=ref.seq,
        device=ref.device,
        epoch=ref.epoch,
        hash=entry.hash.hex()[:HASH_SHOWN] if entry else "",
        kind=body.kind if body else "?",
        business_date=body.business_date.isoformat() if body else "?",
        utc_ms=body.at.utc_ms if body else 0,
        operator=body.operator if body else "?",
        steps=tuple(msgspec.to_builtins(step) for step in body.trace) if body else (),
    )
    return made, (body.card or "") if body else ""


async def _tail(session: Session, token: str, member: UUID) -> str:
    card = await published.card(session, token) if token else None
    if card is not None:
        return card.tail
    cards = await published.cards_of(session, member, SHOWN_CARDS)
    return cards[0].tail if cards else ""
