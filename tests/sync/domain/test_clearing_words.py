"""Every kind of clearing line has its words, and those without a lot are known.

Rows: FL-32; pitfall 9; golden cases 15 and 16.
"""

from __future__ import annotations

from typing import Any

import pytest

from sync.domain.clearing_words import KIND_WORDS, WITHOUT_LOT, words_of
from sync.domain.kinds import DRAWS_ON
from sync.domain.lots import Allocation, EntryRef, LotKey
from tests.sync.domain.making import member_id

ANNA = member_id(1)
REF = EntryRef(ANNA, 1, 1)


def line(**changes: Any) -> Allocation:
    usual: dict[str, Any] = {
        "post_seq": 5, "part": 0, "claim_post_seq": 5, "claim": 0, "kind": "gift", "offer": "",
        "member": ANNA, "account": "points", "entry": REF, "store": "A-store",
        "lot": LotKey(1, 0), "lot_entry": REF, "lot_dealer": "A", "lot_store": "A-store",
        "quantity": 1, "amount_minor": 5, "debtor": "A", "creditor": "B",
    }  # fmt: skip
    return Allocation(**{**usual, **changes})


def test_every_claim_has_words() -> None:
    assert DRAWS_ON.keys() | WITHOUT_LOT <= KIND_WORDS.keys()
    assert all(words.zh and words.en for words in KIND_WORDS.values())


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({}, "积分换礼", "gift"),
        ({"amount_minor": -5}, "积分换礼·冲回", "gift, reversed"),
        ({"quantity": -1, "amount_minor": 0}, "积分换礼·冲回", "gift, reversed"),
        ({"claim_post_seq": 4}, "积分换礼·后续补足", "gift, covered later"),
        ({"kind": "loss", "claim_post_seq": 4}, "离线损失", "loss of working offline"),
        ({"kind": "of_tomorrow"}, "of_tomorrow", "of_tomorrow"),
    ],
)
def test_a_line_says_what_it_is_for(changes: dict[str, Any], zh: str, en: str) -> None:
    assert (words_of(line(**changes)).zh, words_of(line(**changes)).en) == (zh, en)
