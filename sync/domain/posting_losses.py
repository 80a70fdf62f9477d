"""Posting: a loss pays the creditor of an uncovered claim; the claim stays open, for whoever bore
it."""

from __future__ import annotations

from sync.domain.books import Issue, MemberBook
from sync.domain.losses import LOSS, LossData
from sync.domain.lots import Allocation, LotKey
from sync.domain.posting_run import Run

NO_LOT = LotKey(0, 0)


def post_loss(run: Run, book: MemberBook) -> None:
    """One line from the bearer to the creditor, for what is open now; a claim that was covered or
    assigned meanwhile is flagged and left alone."""
    data = run.admitted.data
    if not isinstance(data, LossData):
        raise TypeError("a loss was admitted without its data")
    debt = next(
        (
            one
            for one in book.uncovered
            if (one.post_seq, one.claim) == (data.claim_post_seq, data.claim)
        ),
        None,
    )
    told = (data.quantity, data.amount_minor)
    if debt is None or debt.bearer or (debt.open, debt.amount_minor) != told:
        run.codes.append(Issue.RULE_MISMATCH)
        return
    run.allocations.append(
        Allocation(
            post_seq=run.post_seq,
            part=len(run.allocations),
            claim_post_seq=debt.post_seq,
            claim=debt.claim,
            kind=LOSS,
            offer=debt.offer,
            member=debt.member,
            account=debt.account,
            entry=debt.entry,
            store=debt.store,
            lot=NO_LOT,
            lot_entry=run.ref,
            lot_dealer=data.bearer,
            lot_store=debt.store,
            quantity=debt.open,
            amount_minor=debt.amount_minor,
            debtor=data.bearer,
            creditor=debt.creditor,
        )
    )
    debt.bearer = data.bearer
    run.books.changed_uncovered[debt.post_seq, debt.claim] = debt
