"""Posting: what an entry takes out of leases."""

from __future__ import annotations

from sync.domain import leases
from sync.domain.books import Issue, MemberBook
from sync.domain.posting_run import Run


def use_leases(run: Run, book: MemberBook) -> None:
    """Before value moves: use up what the entry says it took from leases of its till; more than
    there is, or another till's, is flagged and counts as not covered."""
    told = run.body.basis.leases
    if not told:
        return
    debits = dict.fromkeys(leases.ASSETS, 0)
    for claim in run.body.claims:
        debits[leases.asset_of_account(claim.account)] += claim.quantity
    holder = f"{run.ref.device}:{run.ref.epoch}"
    found = leases.consume(book.leases, holder, told, debits)
    run.covered = found.covered
    if found.beyond:
        run.codes.append(Issue.LEASE_BEYOND)
    for lease in found.changed:
        run.books.changed_leases[lease.lease] = lease
