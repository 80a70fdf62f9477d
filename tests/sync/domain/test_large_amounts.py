from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sync.domain.joining import eligible
from sync.domain.journal import BodyTooLarge, body_bytes
from sync.domain.pricing import MAX_SALE_MINOR, BasketLine, price
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import pay, quote
from sync.domain.stored_value import TopUpData
from tests.sync.domain.making import Counter, granted, plain_amounts, programme


class Odd(msgspec.Struct):
    value: object


def test_sums_no_till_could_mean_are_refused() -> None:
    day = date(2026, 11, 21)
    over = MAX_SALE_MINOR + 1
    sold = granted(quote(programme(), "A", plain_amounts(10_000), None))
    for found in (
        eligible(programme(), day, over),
        price(programme(), [BasketLine("", 1, over)], None),
        pay(sold, "cash", over),
    ):
        assert isinstance(found, Refusal)
        assert found.code is Code.TOO_LARGE


def test_data_as_a_struct_is_written_as_its_fields() -> None:
    body = Counter("A").body("note")
    data = TopUpData(1, 2, "cash")
    as_struct = msgspec.structs.replace(body, data=data)
    as_fields = msgspec.structs.replace(body, data=msgspec.to_builtins(data))
    assert body_bytes(as_struct) == body_bytes(as_fields)


@pytest.mark.parametrize("value", [1.5, 1 << 70, object(), "\ud800"])
def test_a_struct_no_body_can_hold_is_refused(value: object) -> None:
    body = msgspec.structs.replace(Counter("A").body("note"), data=Odd(value))
    with pytest.raises((TypeError, ValueError)):
        body_bytes(body)


def test_a_struct_too_large_for_an_entry_is_refused() -> None:
    body = msgspec.structs.replace(Counter("A").body("note"), data=Odd("x" * 70_000))
    with pytest.raises(BodyTooLarge):
        body_bytes(body)
