"""A larger stored-value payment without head office asks for the card's PIN (design.md 5)."""

from __future__ import annotations

import msgspec
from argon2 import PasswordHasher

from sync.database.till.replica_rows import Change
from sync.domain.card_documents import CardPin
from sync.protocol.messages import Document
from terminal.presenters.counter import Counter
from terminal.usecases.till import Till
from tests.terminal.usecases import made

_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
AMOUNT = 150_00  # above the cap of 100.00


def publish_pin(till: Till, pin: str) -> None:
    """Head office publishes the verifier of Zhang's card."""
    data = msgspec.Raw(msgspec.json.encode(CardPin(_hasher.hash(pin))))
    key = f"pin/{made.token(made.ZHANG_SERIAL)}"
    change = Change(9, "local", key, 9, Document(data))
    till.database.replica.apply([change], 1, 9, till.clock.utc_ms(), complete=True)


def paying(counter: Counter) -> None:
    """Zhang's card, 200.00, of which 150.00 by stored value, the rest by WeChat."""
    counter.frame.device_event(made.read())
    counter.sale.entry_submitted("200")
    counter.sale.entry_edited("150")
    counter.sale.value_credit_pressed()
    counter.sale.tender_chosen("wechat")
    counter.sale.primary_pressed()


def type_pin(counter: Counter, pin: str) -> None:
    for digit in pin:
        counter.sale.pin_digit_typed(digit)
    counter.sale.primary_pressed()


def test_without_a_verifier_here_the_sentence_says_why(counter: Counter) -> None:
    paying(counter)
    assert counter.sale.view().pin is None
    assert counter.sale.finished is None


def test_the_cards_pin_is_asked_for_and_the_sale_goes_through(counter: Counter, till: Till) -> None:
    """Rows: design.md section 5, stored-value spend; pitfall 25: a wrong PIN is counted."""
    publish_pin(till, "135790")
    paying(counter)
    pin = counter.sale.view().pin
    assert pin is not None
    assert pin.approvers == ()
    type_pin(counter, "000000")
    pin = counter.sale.view().pin
    assert pin is not None
    assert (pin.digits, bool(pin.error)) == (0, True)
    type_pin(counter, "135790")
    pin = counter.sale.view().pin  # and a payment of that size needs a manager, as before
    assert pin is not None
    assert [name for name, _ in pin.approvers] == ["wang"]
    type_pin(counter, made.PIN)
    finished = counter.sale.finished
    assert finished is not None
    presented = finished.done.body.presented
    assert presented is not None
    assert presented.pin
    assert sum(claim.quantity for claim in finished.done.body.claims) == AMOUNT
