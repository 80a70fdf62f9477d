"""Receipts to paper, after the commit: first prints, reprints, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from hardware.documents import ReceiptDocument
from hardware.events import PrintResult, PrintState
from sync.database.till.counter import PrintStage
from sync.database.till.faults import StoreFault
from sync.domain.journal import Body, Kind
from sync.domain.members import masked
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.selling import SaleData
from terminal.usecases import receipts, receipts_reversals, receipts_services
from terminal.usecases.commits import Done, done_at, receipt_number
from terminal.usecases.drafts import Bearer
from terminal.usecases.identify import member_card
from terminal.usecases.originals import code_for
from terminal.usecases.outcome import use_case
from terminal.usecases.ports import OnPrinted
from terminal.usecases.receipts import MemberFigures, ReceiptContext, Words
from terminal.usecases.till import Till

_STAGES = {
    PrintState.PRINTED: PrintStage.PRINTED,
    PrintState.FAILED: PrintStage.FAILED,
    PrintState.UNCERTAIN: PrintStage.UNCERTAIN,
}
NO_PRINTER = "printer_absent"


@dataclass(frozen=True, slots=True)
class Printed:
    """A receipt on its way to paper. `attempt` from 1; `copy`: it carries the COPY mark;
    `queued` False: this till has no printer, the document is only to be looked at."""

    job_id: str
    document: ReceiptDocument
    attempt: int
    copy: bool
    queued: bool


@use_case
def print_receipt(
    till: Till, seq: int, words: Words, *, on_printed: OnPrinted | None = None
) -> Printed | Refusal:
    """Print the receipt of entry `seq`; every print after the first carries the COPY mark.

    `on_printed` is called on the printer's thread. The entry stands whatever the printer does.
    Refusal: unknown_code (no such entry, or one without a receipt).
    """
    done = done_at(till, seq)
    if done is None or done.body.kind not in receipts.RECEIPT_KINDS:
        return refuse(Code.UNKNOWN_CODE, seq=seq)
    before = till.database.counter.print_job(seq)
    maybe_on_paper = before is not None and before.stage not in (
        PrintStage.QUEUED,
        PrintStage.FAILED,
    )
    return _print(till, done, words, copy=maybe_on_paper, on_printed=on_printed)


@use_case
def reprint(
    till: Till, seq: int, words: Words, *, on_printed: OnPrinted | None = None
) -> Printed | Refusal:
    """Print the receipt of entry `seq` again, marked COPY: also what a restart offers."""
    done = done_at(till, seq)
    if done is None or done.body.kind not in receipts.RECEIPT_KINDS:
        return refuse(Code.UNKNOWN_CODE, seq=seq)
    return _print(till, done, words, copy=True, on_printed=on_printed)


@use_case
def dismiss(till: Till, seq: int) -> None:
    """Nobody wants this receipt any more."""
    till.database.counter.print_ended(seq, PrintStage.DISMISSED, "", till.clock.utc_ms())


def document_of(till: Till, done: Done, words: Words, *, copy: bool) -> ReceiptDocument:
    """The receipt of an operation with today's figures of its member. Raises StoreFault."""
    context = replace(context_of(till, done.body, copy=copy), code=code_for(till, done))
    return receipts.build(done.entry, done.body, context, words)


def context_of(till: Till, body: Body, *, copy: bool) -> ReceiptContext:
    """What this till knows around an entry."""
    person = till.database.replica.staff(body.operator)
    return ReceiptContext(
        till.record.store_name_zh,
        till.record.store_name_en,
        till.local(body.at.utc_ms),
        person.name if person else body.operator,
        _figures(till, body),
        dict(_names(till, body)),
        till.record.sandbox,
        copy,
    )


def _print(
    till: Till, done: Done, words: Words, *, copy: bool, on_printed: OnPrinted | None
) -> Printed:
    document = document_of(till, done, words, copy=copy)
    attempt = till.database.counter.print_began(done.seq, till.clock.utc_ms())
    till.step("print.started")
    job_id = f"{receipt_number(done.body.place.till, done.seq)}#{attempt}"

    def ended(result: PrintResult) -> None:
        _note(till, done.seq, result)
        if on_printed is not None:
            on_printed(result)

    if till.printing is None:
        till.database.counter.print_ended(
            done.seq, PrintStage.DISMISSED, NO_PRINTER, till.clock.utc_ms()
        )
        return Printed(job_id, document, attempt, copy, queued=False)
    till.printing.submit(job_id, document, ended)
    return Printed(job_id, document, attempt, copy, queued=True)


def _note(till: Till, seq: int, result: PrintResult) -> None:
    """Keep how a print ended. A full disk costs the note, not the receipt."""
    try:
        till.database.counter.print_ended(
            seq, _STAGES[result.state], result.code, till.clock.utc_ms()
        )
    except StoreFault as fault:
        till.report(fault)


def _figures(till: Till, body: Body) -> MemberFigures | None:
    if body.member is None:
        return None
    found = member_card(till, Bearer(body.member, body.card))
    if found is None:
        return None
    standing, tier = found.standing, found.tier
    return MemberFigures(
        masked(found.name),
        tier.name.zh if tier else "",
        tier.name.en if tier else "",
        found.card.tail if found.card else "",
        standing.confirmed,
        standing.pending,
        None if found.age_ms is None else found.age_ms // 1000,
    )


def _offers(till: Till, body: Body) -> Iterator[tuple[str, tuple[str, str]]]:
    """Names of the offers of the programme a sale went by."""
    programme = till.programme_version(body.programme)
    for offer in programme.promotions.offers if programme else ():
        yield f"offer/{offer.offer}", (offer.name.zh, offer.name.en)


def _names(till: Till, body: Body) -> Iterator[tuple[str, tuple[str, str]]]:
    """Names of the goods or the gift of an entry."""
    if body.kind == Kind.SALE:
        yield from _offers(till, body)
        for line in msgspec.convert(body.data, SaleData).lines:
            product = till.database.replica.product(line.sku) if line.sku else None
            if product is not None:
                yield (
                    line.sku,
                    (
                        f"{product.name_zh} {product.variant_zh}".strip(),
                        f"{product.name_en} {product.variant_en}".strip(),
                    ),
                )
    elif body.kind in (Kind.RETURN, Kind.EXCHANGE):
        for sku in sorted(receipts_reversals.goods_of(body)):
            product = till.database.replica.product(sku)
            if product is not None:
                yield sku, (product.name_zh, product.name_en)
    elif body.kind in receipts_services.KINDS:
        programme = till.programme_version(body.programme)
        yield from receipts_services.names_of(programme) if programme else ()
    elif body.kind == Kind.REDEEM_GIFT:
        programme = till.programme_version(body.programme)
        offer = str(body.data.get("offer", ""))
        gift = programme.gift(offer, body.place.dealer) if programme else None
        if gift is not None:
            yield offer, (gift.name.zh, gift.name.en)
