"""Taking back in tests of the rules: what a till writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sync.domain import originals, paying_out, reversals
from sync.domain.journal import Entry, Kind, read_body
from sync.domain.members import Balances
from sync.domain.originals import Ref, Sold
from tests.sync.domain.making import Counter, granted, plain


def ref_to(entry: Entry) -> Ref:
    """How a later entry names this one."""
    return Ref(entry.device, entry.epoch, entry.seq, entry.hash.hex())


def sold(entry: Entry) -> Sold:
    """The entry as whoever takes it back sees it."""
    found = originals.sold_of(ref_to(entry), read_body(entry.body))
    assert found is not None
    return found


def here(till: Counter) -> reversals.Where:
    """Where and when a till takes something back."""
    return reversals.Where(till.dealer, till.place.till, till.day)


def give_back(
    till: Counter,
    entry: Entry,
    pieces: Mapping[int, int] | None = None,
    gone: Mapping[int, int] | None = None,
    **changes: Any,
) -> Entry:
    """A return at `till`; `pieces`: all that is left, unless said."""
    what = sold(entry)
    wanted = originals.left_of(what, gone or {}) if pieces is None else pieces
    back = granted(reversals.take_back(till.rules, what, wanted, gone or {}, here(till), "journal"))
    usual: dict[str, Any] = {"data": plain(back.data), "effects": back.effects}
    return till.write(till.body(Kind.RETURN, what.member, **{**usual, **changes}))


def exchange(
    till: Counter, entry: Entry, pieces: Mapping[int, int], amounts: Sequence[int], tender: str
) -> Entry:
    """Goods of an entry against others."""
    what = sold(entry)
    back = granted(reversals.take_back(till.rules, what, pieces, {}, here(till), "journal"))
    quoted = granted(till.quote(amounts))
    data, effects = reversals.exchange(
        back, quoted.data, what.member, here(till), tender, till.rules.currency
    )
    return till.write(
        till.body(
            Kind.EXCHANGE, what.member, data=plain(data), effects=effects, claims=quoted.claims
        )
    )


def void(till: Counter, entry: Entry, **changes: Any) -> Entry:
    """The whole entry undone."""
    body = read_body(entry.body)
    made = granted(reversals.void(ref_to(entry), body, here(till), {}))
    usual: dict[str, Any] = {"data": plain(made.data), "effects": made.effects}
    return till.write(till.body(Kind.VOID, body.member, **{**usual, **changes}))


def cancel(till: Counter, entry: Entry, held: Balances, gone_minor: int = 0) -> Entry:
    """A top-up cancelled at `till`."""
    what = sold(entry)
    made = granted(paying_out.cancel(till.rules, what, gone_minor, held, here(till)))
    return _paid(till, Kind.TOP_UP_CANCEL, what.member, made)


def pay_out(till: Counter, member: UUID, held: Balances) -> Entry:
    """All principal of a member paid out."""
    made = granted(paying_out.cash_out(till.rules, str(member), held, here(till)))
    return _paid(till, Kind.CASH_OUT, member, made)


def _paid(till: Counter, kind: str, member: UUID | None, made: paying_out.PaidOut) -> Entry:
    return till.write(
        till.body(kind, member, data=plain(made.data), effects=made.effects, claims=made.claims)
    )
