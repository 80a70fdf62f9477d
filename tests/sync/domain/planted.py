"""Bugs on purpose: each names what it breaks and the property that has to notice.

A bug is planted by replacing what the rules call; it is a slip somebody could make, not a wreck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest

from sync.domain import (
    accounts,
    admission,
    canonical,
    clearing,
    earning,
    journal,
    lots,
    parts,
    posting,
    posting_run,
    selling,
    stored_value,
)
from sync.domain.journal import Entry
from sync.domain.lots import Lot, Uncovered
from sync.domain.points import Points
from sync.domain.posting import Books, Result

LEDGER: Final = "ledger"  # the machine of ledger_machine.py
ORACLE: Final = "oracle"  # the second ledger of oracle.py
Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Planted:
    """A bug: its name, the properties that see it (of PROPERTIES, LEDGER or ORACLE), how it is put
    in."""

    name: str
    seen_by: tuple[str, ...]
    plant: Plant


PLANTED: list[Planted] = []


def seen_by(*properties: str) -> Callable[[Plant], Plant]:
    """Enter a bug into PLANTED."""

    def enter(plant: Plant) -> Plant:
        PLANTED.append(Planted(plant.__name__, properties, plant))
        return plant

    return enter


# ------------------------------------------------------------------------------------------ chains
def _hash_of(*kept: str) -> Callable[[UUID, int, int, bytes, bytes], bytes]:
    def entry_hash(device: UUID, epoch: int, seq: int, prev: bytes, body: bytes) -> bytes:
        told = {
            "device": device.bytes,
            "epoch": epoch.to_bytes(4, "big"),
            "seq": seq.to_bytes(8, "big"),
            "prev": prev,
            "body": body,
            "head": body[:4],
        }
        return sha256(b"".join(told[name] for name in kept)).digest()

    return entry_hash


@seen_by("invariant_4_a_gap_never_verifies")
def the_place_in_the_chain_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "entry_hash", _hash_of("device", "epoch", "prev", "body"))


@seen_by("invariant_5_one_changed_bit_anywhere_is_found")
def the_entry_before_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "entry_hash", _hash_of("device", "epoch", "seq", "body"))


@seen_by("invariant_5_one_changed_bit_anywhere_is_found")
def the_device_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "entry_hash", _hash_of("epoch", "seq", "prev", "body"))


@seen_by(
    "invariant_6_two_entries_of_one_place_have_two_hashes",
    "invariant_5_one_changed_bit_anywhere_is_found",
)
def only_the_head_of_a_body_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "entry_hash", _hash_of("device", "epoch", "seq", "prev", "head"))


@seen_by("invariant_7_pushed_again_changes_nothing")
def an_entry_id_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    real = admission.admit

    def admit(body: journal.Body, books: Books) -> admission.Admitted:
        return real(body, replace(books, taken=set()))

    monkeypatch.setattr(posting, "admit", admit)


@seen_by(LEDGER)
def an_entry_id_is_remembered_only_from_the_next_batch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting.post

    def post(entry: Entry, books: Books, post_seq: int) -> Result:
        taken = set(books.taken)
        result = real(entry, books, post_seq)
        books.taken = taken
        return result

    monkeypatch.setattr("tests.sync.domain.making.post", post)


# ----------------------------------------------------------------------------------------- entries
@seen_by("invariant_9_effects_sum_to_zero_per_asset")
def points_paid_have_no_counterpart_in_money(monkeypatch: pytest.MonkeyPatch) -> None:
    real = selling.effects

    def effects(*args: Any) -> tuple[journal.Effect, ...]:
        return tuple(e for e in real(*args) if not e.account.endswith("/points_tender"))

    monkeypatch.setattr(selling, "effects", effects)


@seen_by("invariant_10_each_account_keeps_one_asset")
def points_are_booked_as_money(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "asset_of", lambda _name, currency: currency)


@seen_by("invariant_10_each_account_keeps_one_asset")
def the_bonus_spent_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = selling._claims
    monkeypatch.setattr(
        selling, "_claims", lambda paid, principal, _bonus: real(paid, principal, 0)
    )


@seen_by("golden_5_and_10_shares_of_the_lines")
def bonus_counts_towards_earning(monkeypatch: pytest.MonkeyPatch) -> None:
    real = earning.earn

    def earn(bases: Sequence[int], ratios: Sequence[Fraction], version: int) -> earning.Earned:
        return real([base + 100 for base in bases], ratios, version)

    monkeypatch.setattr(earning, "earn", earn)


@seen_by("golden_5_and_10_shares_of_the_lines")
def every_share_goes_by_the_whole_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each amount by the lines' prices instead of what the earlier ones left: below zero."""

    def shares(
        priced: Any, face: int, discount: int, principal: int, bonus: int
    ) -> list[tuple[int, int, int, int, int]]:
        prices = [line.price_minor for line in priced.lines]
        faces, discounts, principals, bonuses = (
            parts.spread(amount, prices) if amount else [0] * len(prices)
            for amount in (face, discount, principal, bonus)
        )
        return [
            (d, f, p, b, price - d - f - p - b)
            for d, f, p, b, price in zip(discounts, faces, principals, bonuses, prices, strict=True)
        ]

    monkeypatch.setattr(selling, "_shares", shares)


@seen_by("golden_8_deeper_price_is_the_largest")
def the_deeper_price_is_rounded_to_the_nearest_fen(monkeypatch: pytest.MonkeyPatch) -> None:
    def charged_for(gross_minor: int, per_mille: int) -> int:
        return (gross_minor * per_mille + 500) // 1_000

    monkeypatch.setattr(stored_value, "charged_for", charged_for)


@seen_by("golden_8_deeper_price_is_the_largest")
def the_deeper_price_takes_the_discount_off_the_balance(monkeypatch: pytest.MonkeyPatch) -> None:
    def deeper_price(due: int, per_mille: int, limit: int) -> stored_value.DeeperPrice:
        gross = min(due, limit + limit * (1_000 - per_mille) // 1_000)
        charged = stored_value.charged_for(gross, per_mille)
        return stored_value.DeeperPrice(gross, gross - charged, charged)

    monkeypatch.setattr(stored_value, "deeper_price", deeper_price)


@seen_by("golden_1_earned_is_rounded_down_once")
def points_are_rounded_down_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def earn(bases: Sequence[int], ratios: Sequence[Fraction], _version: int) -> earning.Earned:
        by_line = [int(base * ratio / 100) for base, ratio in zip(bases, ratios, strict=True)]
        return earning.Earned(Points(sum(by_line)), tuple(by_line), ())

    monkeypatch.setattr(earning, "earn", earn)


@seen_by("golden_5_parts_sum_exactly")
def ties_go_to_the_last_part(monkeypatch: pytest.MonkeyPatch) -> None:
    real = parts.spread
    monkeypatch.setattr(
        parts, "spread", lambda total, weights: real(total, list(weights)[::-1])[::-1]
    )


@seen_by("golden_5_parts_sum_exactly")
def each_part_is_rounded_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "spread", _nearest)


def _nearest(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    whole = sum(weights)
    return [round(Fraction(weight) * total / whole) if whole else 0 for weight in weights]


@seen_by("canonical_bytes_are_the_only_ones")
def canonical_bytes_are_not_written_again_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    real = msgspec.json.Decoder()

    def decode(data: bytes) -> Any:
        value = real.decode(data)
        canonical._check(value, 0)
        return value

    monkeypatch.setattr(canonical, "decode", decode)


@seen_by("canonical_bytes_are_the_only_ones")
def normal_form_is_looked_for_in_the_whole_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A combining mark right after an escape is then taken for text that is not normal."""

    def check_text(_value: object) -> None:
        raise canonical.NotCanonical("text is not in normal form NFC")

    monkeypatch.setattr(canonical, "_check_text", check_text)


# ----------------------------------------------------------------------------------------- posting
@seen_by("golden_13_posted_or_quarantined_and_the_books_stay_balanced")
def claims_need_not_match_the_debits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_check_claims", lambda _claims, _moves: None)


@seen_by(LEDGER)
def debits_need_not_be_claimed_from_their_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_check_claims", lambda _claims, _moves: None)


@seen_by(LEDGER)
def a_split_is_drawn_but_not_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_run.Run.move

    def move(self: Any, book: Any, account: str, delta: int, reason: str) -> None:
        if reason != "split":
            real(self, book, account, delta, reason)

    monkeypatch.setattr(posting_run.Run, "move", move)


@seen_by(LEDGER)
def what_no_lot_covered_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_run, "cover", lambda _lot, _waiting: iter(()))


@seen_by(LEDGER)
def a_covered_claim_keeps_its_open_units(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lots.cover

    def cover(lot: Lot, waiting: Iterable[Uncovered]) -> Any:
        for debt, units, fen in real(lot, list(waiting)):
            debt.open += 1
            yield debt, units, fen

    monkeypatch.setattr(posting_run, "cover", cover)


@seen_by(LEDGER)
def fen_of_covered_parts_are_rounded_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    def share_of_rest(amount: int, taken: int, quantity: int) -> int:
        return -(-amount * taken // (quantity + 1))

    monkeypatch.setattr(lots, "share_of_rest", share_of_rest)


@seen_by(LEDGER)
def fen_of_lots_are_rounded_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots, "spread", _nearest)


@seen_by(LEDGER)
def youngest_lots_are_used_first(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lots.in_order
    monkeypatch.setattr(lots, "in_order", lambda found: real(found)[::-1])


@seen_by(LEDGER)
def expiry_is_not_looked_at_when_lots_are_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lot, "order", property(lambda lot: (lot.business_date, lot.key)))


@seen_by(LEDGER)
def expired_lots_are_used_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lot, "usable_on", lambda _lot, _day: True)


@seen_by(LEDGER)
def a_lot_gives_its_whole_quantity_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(found: Iterable[Lot], quantity: int, _day: Any) -> tuple[list[tuple[Lot, int]], bool]:
        chosen = []
        for lot in lots.in_order(found):
            units = min(lot.quantity, quantity)
            if units:
                chosen.append((lot, units))
            quantity -= units
        return chosen, False

    monkeypatch.setattr(posting_run, "take", take)


@seen_by(ORACLE)
def youngest_claims_are_covered_first(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lots.cover

    def cover(lot: Lot, waiting: Iterable[Uncovered]) -> Any:
        for debt in sorted(waiting, key=lambda u: (-u.post_seq, u.claim)):
            yield from real(lot, [debt])

    monkeypatch.setattr(posting_run, "cover", cover)


@seen_by(ORACLE)
def a_claim_takes_the_other_bucket_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_run.Run.draw

    def draw(self: Any, book: Any, debt: Uncovered, account: str) -> int:
        drawn = real(self, book, debt, account)
        other = posting_run._OTHER_BUCKET.get(account)
        if debt.open and other and account == debt.account:
            more = real(self, book, debt, other)
            self.move(book, account, more, "split")
            self.move(book, other, -more, "split")
        return drawn

    monkeypatch.setattr(posting_run.Run, "draw", draw)


@seen_by(ORACLE)
def the_issuing_dealer_bears_every_bonus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_run.Run, "funder", lambda _self, _account: lots.FUNDED_BY_DEALER)


# ---------------------------------------------------------------------------------------- clearing
@seen_by("invariant_24_nets_sum_to_zero", LEDGER)
def a_dealer_receives_what_it_owes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clearing.positions

    def positions(
        lines: Sequence[clearing.Line], known: Iterable[str]
    ) -> tuple[clearing.Position, ...]:
        return tuple(
            replace(p, receives_minor=p.receives_minor + p.own_minor) for p in real(lines, known)
        )

    monkeypatch.setattr(clearing, "positions", positions)


@seen_by("invariant_24_nets_sum_to_zero")
def the_watermark_is_counted_in_both_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clearing.run
    monkeypatch.setattr(clearing, "run", lambda label, after, *rest: real(label, after - 1, *rest))


@seen_by("invariant_25_a_run_is_the_same_bytes")
def lines_stand_in_the_order_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_they_came(found: Iterable[Any], key: Any = None) -> list[Any]:
        return list(found) if key else sorted(found)

    monkeypatch.setattr(clearing, "sorted", as_they_came, raising=False)
