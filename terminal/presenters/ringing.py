"""The sale at hand, on the writer thread: each change is kept before it is shown.

Presenters hold what comes back; changes made quickly one after another are done in order and none
is lost, because the draft that counts lives here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from sync.domain.joining import Eligibility
from sync.domain.refusals import Code, Refusal
from terminal.usecases import codes, drafts, sell
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, SaleDraft
from terminal.usecases.enrol import eligibility
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sell import SaleQuote
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

Change = Callable[[SaleDraft], SaleDraft]
_CREDIT_REFUSALS: Final = frozenset({
    Code.POINTS_SHORT, Code.POINTS_ABOVE_SHARE, Code.POINTS_NOT_MULTIPLE, Code.STORED_VALUE_SHORT,
    Code.POINTS_TENDER_NOT_HERE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    """The sale after a change. `quote` None: nothing rung up. `refused`: why what was asked for
    was not taken (the rest holds); `joining`: nobody is served and this purchase makes a member."""

    draft: SaleDraft | None
    quote: SaleQuote | None = None
    refused: Refusal | Trouble | None = None
    joining: Eligibility | None = None


class Ringing:
    """One per till; every method is called on the writer thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._draft: SaleDraft | None = None

    def change(self, change: Change, *, opens: bool = True) -> Rung:
        """Change the sale; the first change opens it unless it is not to."""
        return _calm(self._change(change, opens=opens))

    def code(self, raw: str) -> Rung:
        """A coupon or a price code was scanned."""
        return _calm(self._code(raw))

    def quoted(self) -> Rung:
        """The sale as it is, worked out again (figures of the member may have changed)."""
        return self.change(lambda draft: draft, opens=False)

    def proven(self, bearer: Bearer) -> Rung:
        """The member's card has been proven by its PIN."""
        return self.change(lambda draft: msgspec.structs.replace(draft, bearer=bearer), opens=False)

    def adopt(self, draft: SaleDraft) -> Rung:
        """Go on with a draft that was left or was given to a new member."""
        return _calm(self._adopt(draft))

    def joined(self, draft: SaleDraft) -> Rung:
        """The same sale, now of the member it made."""
        self._draft = draft
        return self.quoted()

    def pay(self, tender: str, tendered_minor: int, approval: Approval | None) -> Done | Rung:
        """Take the payment. A refusal leaves the sale as it was, under a fresh id if head office
        declined this one."""
        paid = self._pay(tender, tendered_minor, approval)
        return _calm(paid) if not isinstance(paid, Done) else paid

    @use_case
    def _change(self, change: Change, *, opens: bool) -> Rung:
        draft = self._draft
        if draft is None:
            if not opens:
                return Rung(None)
            opened = sell.open_sale(self._till)
            if not isinstance(opened, SaleDraft):
                return Rung(None, refused=opened)
            draft = self._draft = opened
        wanted = change(draft)
        if not wanted.lines:
            drafts.abandon(self._till, draft)
            self._draft = None
            return Rung(None)
        return self._settled(draft, wanted)

    @use_case
    def _code(self, raw: str) -> Rung:
        draft = self._draft
        if draft is None:
            return Rung(None)
        taken = codes.take_code(self._till, draft, raw)
        if isinstance(taken, SaleDraft):
            return self._settled(draft, taken)
        quote = sell.quote(self._till, draft)
        return Rung(draft, quote if isinstance(quote, SaleQuote) else None, taken)

    def _settled(self, before: SaleDraft, wanted: SaleDraft) -> Rung:
        """Keep what was wanted, or as much of it as the rules allow."""
        refused: Refusal | None = None
        quote = sell.quote(self._till, wanted)
        if isinstance(quote, Refusal) and quote.code in _CREDIT_REFUSALS:
            refused = quote
            credits_only = wanted.lines == before.lines and wanted.bearer == before.bearer
            wanted = before if credits_only else wanted.paying()
            quote = sell.quote(self._till, wanted)
        if isinstance(quote, Refusal | Trouble):
            kept = before if before.lines else None
            if kept is None:
                drafts.abandon(self._till, before)
                self._draft = None
            again = sell.quote(self._till, kept) if kept else None
            return Rung(kept, again if isinstance(again, SaleQuote) else None, quote)
        self._draft = wanted
        if wanted is not before:
            drafts.keep(self._till, wanted)
        return Rung(wanted, quote, refused, self._joining(wanted))

    def _joining(self, draft: SaleDraft) -> Eligibility | None:
        if draft.bearer is not None:
            return None
        found = eligibility(self._till, draft)
        return found if isinstance(found, Eligibility) else None

    @use_case
    def _adopt(self, draft: SaleDraft) -> Rung:
        resumed = sell.resume(self._till, draft)
        if not isinstance(resumed, SaleDraft):
            return Rung(None, refused=resumed)
        self._draft = resumed
        return self._settled(resumed, resumed) if resumed.lines else Rung(resumed)

    @use_case
    def _pay(self, tender: str, tendered_minor: int, approval: Approval | None) -> Done | Rung:
        draft = self._draft
        if draft is None:
            return Rung(None)
        done = sell.sell(self._till, draft, tender, tendered_minor, approval)
        if isinstance(done, Done):
            self._draft = None
            return done
        if isinstance(done, Refusal) and drafts.is_dead(self._till, draft):
            self._draft = draft = drafts.renewed(self._till, draft)
        if isinstance(done, Refusal) and done.code is Code.PRODUCT_ALERT:
            self._draft = draft = draft.knowing(str(done.param("product")))
            drafts.keep(self._till, draft)
        quote = sell.quote(self._till, draft)
        return Rung(draft, quote if isinstance(quote, SaleQuote) else None, done)


def _calm(found: Rung | Done | Trouble) -> Rung:
    """A fault of storage as a change that was not made."""
    if isinstance(found, Trouble):
        return Rung(None, refused=found)
    if isinstance(found, Done):
        raise TypeError("an operation is not a change")
    return found
