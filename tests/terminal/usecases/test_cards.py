"""Cards at the counter: issued, lost, replaced, supplementary, legacy, merged; PINs; transfers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from argon2 import PasswordHasher

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.client.online import NoAnswer
from sync.database.till.replica_rows import Change
from sync.domain.card_changes import NewCard, ReplaceData
from sync.domain.card_documents import CardPin, HolderBlob
from sync.domain.card_formats import CardProfile
from sync.domain.cards import Block, Card, CardLimits, CardUse, Status, card_number, token_of
from sync.domain.limits import Debit
from sync.domain.members import Balances, LightRow
from sync.domain.merging import TransferData
from sync.domain.refusals import Code, Refusal
from sync.protocol.messages import Ack, AliasRow, Document, MemberReply
from terminal.operations import filling
from terminal.operations.catalogue import named
from terminal.usecases import card_pins, drafts, identify, operation, redeem_gift, sign_in
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.permission import card_bars
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    DAY,
    NEW_SERIAL,
    NOON_MS,
    PIN,
    TOKEN_KEY,
    ZHANG,
    ZHANG_SERIAL,
    HeadOffice,
    light,
    read,
    token,
)
from tests.terminal.usecases.made import till as made_till

TWIN = UUID("01980000-0000-7000-8000-0000000000bb")
NEW = card_number(NEW_SERIAL)
CHIP = "04A1B2C3"
_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


_open: list[Till] = []


def till(folder: Path, row: LightRow, *, online: HeadOffice | None = None) -> Till:
    """A till that is closed after the test."""
    _open.append(made_till(folder, row, online=online))
    return _open[-1]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close the tills of a test."""
    yield
    while _open:
        _open.pop().database.close()


def scanned(text: str, medium: Medium = Medium.BARCODE) -> CredentialRead:
    return CredentialRead("wedge", medium, text, ReadMethod.READ, Strength.TOKEN, NOON_MS)


def there(counter: Till, text: str | None = None) -> MemberCard:
    found = identify.scan(counter, read() if text is None else scanned(text))
    assert isinstance(found, MemberCard), found
    return found


def code(answer: object) -> Code:
    assert isinstance(answer, Refusal), answer
    return answer.code


def do(
    counter: Till,
    name: str,
    /,
    bearer: Any = None,
    approval: Any = None,
    hidden: Any = None,
    **fields: str,
) -> object:
    """One operation by its form, as a screen or a story does it."""
    spec = named(name)
    draft = operation.open_operation(counter, name, bearer or there(counter).bearer)
    assert isinstance(draft, OperationDraft)
    draft = filling.with_presets(spec, counter, draft)
    draft = filling.fill(spec, counter, draft, fields)
    spec.look(counter, draft, operation.at_counter(counter, draft))
    return filling.commit(spec, counter, draft, approval, hidden or {})


def done(answer: object) -> Done:
    assert isinstance(answer, Done), answer
    return answer


def approved(counter: Till) -> Approval:
    found = sign_in.approve(counter, "wang", PIN)
    assert isinstance(found, Approval)
    return found


def publish(counter: Till, *changes: Change) -> None:
    """Head office's rows, newer than what is held."""
    hq_epoch, n = counter.database.replica.cursor() or (1, 6)
    last = n + len(changes)
    counter.database.replica.apply(changes, hq_epoch, last, counter.clock.utc_ms(), complete=True)


def document(key: str, made: msgspec.Struct, kind: str = "document", ver: int = 9) -> Change:
    return Change(ver, kind, key, ver, Document(msgspec.Raw(msgspec.json.encode(made))))


def gift(counter: Till, found: MemberCard) -> object:
    draft = redeem_gift.open_gift(counter, found.bearer)
    assert isinstance(draft, drafts.GiftDraft)
    return redeem_gift.redeem_gift(counter, redeem_gift.of_gift(draft, "G1"))


# ----------------------------------------------------------------------------- lost and replaced
def test_a_lost_card_is_refused_here_at_once_with_all_its_credentials(tmp_path: Path) -> None:
    """Rows: FL-36, pitfall 23: the stripe of a card whose barcode was reported lost."""
    counter = till(tmp_path, light(5000))
    bound = done(do(counter, "bind_card", new_card=CHIP))
    assert bound.data_as(NewCard).token == token_of(TOKEN_KEY, CHIP)
    assert there(counter, CHIP).member == ZHANG
    held = there(counter)
    done(do(counter, "block_card", reason="stolen"))
    for text in (card_number(ZHANG_SERIAL), CHIP):
        assert code(identify.scan(counter, scanned(text))) is Code.CARD_BLOCKED
    assert code(gift(counter, held)) is Code.CARD_BLOCKED  # presented before it was reported
    assert code(do(counter, "block_card", bearer=held.bearer)) is Code.CARD_BLOCKED


def test_head_offices_row_takes_over_once_it_can_know(tmp_path: Path) -> None:
    """What was blocked here and found again at head office works again."""
    counter = till(tmp_path, light(5000))
    done(do(counter, "block_card"))
    head = counter.database.journal.head()
    counter.database.outbox.store_ack(_ack(counter, head.seq), (), counter.clock.utc_ms())
    assert code(identify.scan(counter, read())) is Code.CARD_BLOCKED  # the feed was not read yet
    counter.clock.pass_ms(1_000)  # type: ignore[attr-defined]  # the clock of these tests
    publish(counter)
    assert there(counter).member == ZHANG


def _ack(counter: Till, seq: int) -> Ack:
    identity = counter.database.journal.identity
    head = counter.database.journal.head()
    return Ack(identity.device, identity.epoch, seq, head.hash, 1, NOON_MS, "hq", bytes(64))


def test_unblocking_is_head_offices_or_an_approvers(tmp_path: Path) -> None:
    counter = till(tmp_path, light(5000))
    held = there(counter)
    done(do(counter, "block_card"))
    answer = do(counter, "unblock_card", bearer=held.bearer, approval=approved(counter))
    assert code(answer) is Code.HEAD_OFFICE_ONLY


def test_a_replaced_card_inherits_all_but_stored_value_waits(tmp_path: Path) -> None:
    """Rows: design.md section 5: F for points and price, stored value after head office."""
    counter = till(tmp_path, light(5000, 100_000))
    made = done(do(counter, "replace_card", reason="lost", new_card=NEW))
    assert made.data_as(ReplaceData).reason == "lost"
    assert code(identify.scan(counter, read())) is Code.CARD_REPLACED
    found = there(counter, NEW)
    assert found.member == ZHANG
    own = counter.database.own_cards
    assert own.unconfirmed(token(NEW_SERIAL))
    assert not own.unconfirmed(token(ZHANG_SERIAL))
    assert isinstance(gift(counter, found), Done)
    assert code(do(counter, "replace_card", bearer=found.bearer, new_card=NEW)) is Code.CARD_IN_USE


def test_stored_value_waits_for_the_new_card(tmp_path: Path) -> None:

    counter = till(tmp_path, light(5000, 100_000))
    done(do(counter, "replace_card", new_card=NEW))
    bearer = there(counter, NEW).bearer
    assert code(card_bars(counter, bearer, Debit(0, 0, 1))) is Code.CARD_NOT_CONFIRMED
    assert card_bars(counter, bearer, Debit(100, 500, 0)) is None
    assert card_bars(counter, None, Debit(100, 500, 0)) is None


# -------------------------------------------------------------------------------- supplementary
def test_a_supplementary_card_spends_within_its_limits(tmp_path: Path) -> None:
    """Rows: FL-35, pitfall 24; golden case 11. Limits 50.00 a time, 60.00 a day: one scarf (50.00)
    goes, the second (100.00 > 60.00) is refused; the main card buys on."""
    counter = till(tmp_path, light(5000))
    fields = {
        "new_card": NEW, "supplementary": "yes", "holder": "李小龙", "points_op_minor": "50.00",
        "points_day_minor": "60.00",
    }  # fmt: skip
    made = done(do(counter, "issue_card", **fields))
    data = made.data_as(NewCard)
    assert data.limits == CardLimits(5_000, 6_000, 100_000, 10_000, 20_000, 200_000)
    assert "李小龙" not in made.entry.body.decode()
    (blob,) = counter.database.journal.blobs(made.seq)
    assert msgspec.json.decode(blob.data, type=HolderBlob).name == "李小龙"
    assert isinstance(gift(counter, there(counter, NEW)), Done)
    refused = gift(counter, there(counter, NEW))
    assert code(refused) is Code.CARD_LIMIT
    assert isinstance(refused, Refusal)
    assert (refused.param("limit"), refused.param("cap_minor")) == ("points_day_minor", 6_000)
    assert isinstance(gift(counter, there(counter)), Done)
    own = counter.database.own_cards
    card = own.card(token(NEW_SERIAL))
    assert card is not None
    assert own.use(card, DAY).points_day_minor == 5_000


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"holder": ""}, Code.FIELD_NEEDED),
        ({"holder": "\x07"}, Code.NAME_NEEDED),
        ({"holder": "李" * 201}, Code.TOO_LARGE),
        ({"holder": "李", "phone": "12"}, Code.PHONE_INVALID),
        ({"holder": "李", "points_op_minor": "50.01"}, Code.CARD_LIMIT_TOO_WIDE),
        ({"holder": "李", "new_card": card_number(ZHANG_SERIAL)}, Code.CARD_IN_USE),
    ],
)
def test_a_supplementary_card_that_may_not_be(
    tmp_path: Path, fields: dict[str, str], wanted: Code
) -> None:
    counter = till(tmp_path, light(5000))
    told = {"new_card": NEW, "supplementary": "yes", **fields}
    assert code(do(counter, "issue_card", **told)) is wanted


def test_a_supplementary_card_has_none_of_its_own_and_there_are_so_many(tmp_path: Path) -> None:
    counter = till(tmp_path, light(5000))
    told = {"supplementary": "yes", "holder": "李"}
    done(do(counter, "issue_card", new_card=NEW, **told))
    second = there(counter, NEW).bearer
    number = card_number(NEW_SERIAL + 1)
    answer = do(counter, "issue_card", bearer=second, new_card=number, **told)
    assert code(answer) is Code.CARD_NOT_MAIN
    for serial in (1, 2):
        done(do(counter, "issue_card", new_card=card_number(NEW_SERIAL + serial), **told))
    answer = do(counter, "issue_card", new_card=card_number(NEW_SERIAL + 3), **told)
    assert code(answer) is Code.TOO_LARGE


# ------------------------------------------------------------------------------- legacy, stock
def test_a_legacy_card_of_another_dealer_is_known_and_two_schemes_are_asked_about(
    tmp_path: Path,
) -> None:
    """Rows: FL-37, pitfall 28. C's old barcode 66123456 is an alias of Zhang's card."""
    counter = till(tmp_path, light(5000))
    alias = Card(
        token_of(TOKEN_KEY, "C:123456"), ZHANG, Status.ACTIVE, "3456", "legacy",
        token(ZHANG_SERIAL),
    )  # fmt: skip
    c = CardProfile("C", "C", ("barcode",), 8, prefix="66", first=2)
    publish(counter, document("card_profile/C", c), Change(10, "card", alias.token, 10, alias))
    assert there(counter, "66 123 456").member == ZHANG
    assert code(identify.scan(counter, scanned("66999999"))) is Code.CARD_UNKNOWN
    assert code(identify.scan(counter, scanned("4006381333931"))) is Code.UNKNOWN_CODE
    publish(counter, document("card_profile/B", CardProfile("B", "B", ("barcode",), 8)))
    asked = identify.scan(counter, scanned("66123456"))
    assert code(asked) is Code.CARD_WHOSE
    assert isinstance(asked, Refusal)
    assert asked.param("schemes") == "B, C"
    assert code(identify.identify(counter, scanned("66123456"))) is Code.CARD_WHOSE
    typed = identify.scan(counter, scanned("C:123456", Medium.TYPED))
    assert isinstance(typed, MemberCard)
    done(do(counter, "replace_card", bearer=typed.bearer, reason="recarded", new_card=NEW))
    assert code(identify.scan(counter, scanned("C:123456", Medium.TYPED))) is Code.CARD_REPLACED


def test_printed_stock_is_issued_where_head_office_sent_it(tmp_path: Path) -> None:
    """Rows: FL-22: before it is issued, such a card is unknown."""
    counter = till(tmp_path, light(5000))
    number = card_number(7_050)
    assert code(do(counter, "issue_card", new_card=number)) is Code.CARD_NOT_IN_BLOCK
    publish(counter, document("stock/box", Block(7_000, 7_099)))
    assert code(identify.scan(counter, scanned(number))) is Code.CARD_UNKNOWN
    done(do(counter, "issue_card", new_card=number))
    assert there(counter, number).member == ZHANG


# --------------------------------------------------------------------------------------- merged
def test_a_merged_member_is_served_under_the_one_that_stands_for_it(tmp_path: Path) -> None:
    """Rows: golden case 19, pitfall 13: the twin's card works, her pending points here count."""
    counter = till(tmp_path, light(5000))
    twin = msgspec.structs.replace(light(400), member=TWIN, phone_key="")
    card = Card(token(2002), TWIN, Status.ACTIVE, "2002", "barcode")
    publish(
        counter, Change(8, "member", str(TWIN), 2, twin), Change(9, "card", card.token, 9, card)
    )
    bearer = there(counter, card_number(2002)).bearer
    assert bearer.member == TWIN
    merged = msgspec.structs.replace(light(5400), version=7)
    publish(
        counter,
        Change(10, "alias", str(TWIN), 10, AliasRow(TWIN, ZHANG)),
        Change(11, "member", str(TWIN), 7, None),
        Change(12, "member", str(ZHANG), 7, merged),
    )
    found = there(counter, card_number(2002))
    assert (found.member, found.standing.available.points) == (ZHANG, 5400)
    assert isinstance(gift(counter, found), Done)
    tokens = {card.token for card in counter.database.own_cards.of_member(ZHANG)}
    assert tokens == {token(ZHANG_SERIAL), token(2002)}


# ----------------------------------------------------------------------------------------- PINs
def _pin(counter: Till, pin: str, ver: int = 9) -> None:
    kept = CardPin(_hasher.hash(pin))
    publish(counter, document(f"pin/{token(ZHANG_SERIAL)}", kept, "local", ver))


def test_a_card_pin_proves_and_three_wrong_ones_lock(tmp_path: Path) -> None:
    """Rows: pitfalls 25, 26: offline too, and over a restart, until head office changes it."""
    counter = till(tmp_path, light(5000, 100_000))
    bearer = there(counter).bearer
    assert code(card_pins.check_card_pin(counter, bearer, "123456")) is Code.CARD_PIN_MISSING
    _pin(counter, "123456")
    proven = card_pins.check_card_pin(counter, bearer, "123456")
    assert isinstance(proven, Bearer)
    assert proven.presented is not None
    assert proven.presented.pin
    for wanted in (Code.PIN_WRONG, Code.PIN_WRONG, Code.CARD_PIN_LOCKED):
        assert code(card_pins.check_card_pin(counter, bearer, "000000")) is wanted
    assert code(card_pins.check_card_pin(counter, bearer, "123456")) is Code.CARD_PIN_LOCKED
    _pin(counter, "654321", 20)
    assert isinstance(card_pins.check_card_pin(counter, bearer, "654321"), Bearer)
    nobody = Bearer(ZHANG, None, bearer.presented)
    assert code(card_pins.check_card_pin(counter, nobody, "654321")) is Code.CARD_UNKNOWN


def test_a_verifier_does_not_stand_in_the_replica_as_it_is(tmp_path: Path) -> None:
    """Rows: design.md keys: re-encrypted at the till with a device secret."""
    counter = till(tmp_path, light(5000))
    _pin(counter, "123456")
    with counter.database.replica._readers.read() as connection:  # what is on disk
        kept = connection.execute("SELECT data FROM other WHERE key LIKE 'pin/%'").fetchall()
    assert len(kept) == 1
    assert b"argon2" not in kept[0][0]


def test_a_pin_is_set_while_head_office_answers(tmp_path: Path) -> None:
    """Rows: design.md section 5: set or change card PIN is O."""
    hq = HeadOffice(lambda _: NoAnswer("timeout", unknown=False))
    counter = till(tmp_path, light(5000), online=hq)
    hidden = {"pin": "123456", "pin_again": "123456"}
    assert code(do(counter, "set_card_pin", hidden=hidden)) is Code.APPROVER_NEEDED
    made = done(do(counter, "set_card_pin", hidden=hidden, approval=approved(counter)))
    assert "123456" not in made.entry.body.decode()
    (blob,) = counter.database.journal.blobs(made.seq)
    verifier = msgspec.json.decode(blob.data, type=CardPin).verifier
    assert verifier.startswith("$argon2id$")
    for wrong in ({"pin": "12345", "pin_again": "12345"}, {**hidden, "pin_again": "123457"}):
        assert code(do(counter, "set_card_pin", hidden=wrong)) is Code.CARD_PIN_FORM
    _pin(counter, "111111")
    old = {**hidden, "pin_old": "111111"}
    assert isinstance(do(counter, "set_card_pin", hidden=old), Done)
    assert code(do(counter, "set_card_pin", hidden={**old, "pin_old": "2"})) is Code.PIN_WRONG
    hq.reply = lambda _: NoAnswer("timeout", unknown=False)
    assert code(do(counter, "set_card_pin", hidden=old)) is Code.HEAD_OFFICE_ONLY


# ------------------------------------------------------------------------------------- transfers
def test_points_are_asked_to_be_given_away_and_nothing_moves_here(tmp_path: Path) -> None:
    """Rows: design.md section 5: transfer is O, offered as a queued request."""
    counter = till(tmp_path, light(5000))
    twin = msgspec.structs.replace(light(400), member=TWIN, phone_key="")
    card = Card(token(2002), TWIN, Status.ACTIVE, "2002", "barcode")
    publish(
        counter, Change(8, "member", str(TWIN), 2, twin), Change(9, "card", card.token, 9, card)
    )
    told = {"to_card": card_number(2002), "points": "600"}
    assert code(do(counter, "transfer_points", **told)) is Code.APPROVER_NEEDED
    made = done(do(counter, "transfer_points", approval=approved(counter), **told))
    assert made.data_as(TransferData) == TransferData(TWIN, 600)
    assert made.body.effects == ()
    assert there(counter).standing.available == Balances(5000)
    for changed, wanted in (
        ({"points": "5001"}, Code.POINTS_SHORT),
        ({"points": "0"}, Code.AMOUNT_NOT_POSITIVE),
        ({"to_card": card_number(ZHANG_SERIAL)}, Code.SAME_MEMBER),
        ({"to_card": card_number(3003)}, Code.CARD_UNKNOWN),
    ):
        answer = do(counter, "transfer_points", approval=approved(counter), **{**told, **changed})
        assert code(answer) is wanted


def test_an_unknown_card_asks_head_office(tmp_path: Path) -> None:
    hq = HeadOffice(lambda _: NoAnswer("timeout", unknown=False))
    hq.reply = lambda _: MemberReply(1, NOON_MS, ())
    counter = till(tmp_path, light(5000), online=hq)
    answer = do(counter, "transfer_points", to_card=card_number(3003), points="1")
    assert code(answer) is Code.CARD_UNKNOWN


def test_a_use_counts_own_entries_on_top_of_head_offices(tmp_path: Path) -> None:
    """Rows: FL-35: own journal and light data together."""
    counter = till(tmp_path, light(5000))
    limits = CardLimits(5_000, 12_000, 100_000, 0, 0, 0)
    seen = CardUse(DAY, 5_000, 0, 40_000, 0)
    card = Card(token(2002), ZHANG, Status.ACTIVE, "2002", "barcode", "", limits, seen)
    publish(counter, Change(9, "card", card.token, 9, card))
    assert isinstance(gift(counter, there(counter, card_number(2002))), Done)
    assert counter.database.own_cards.use(card, DAY) == CardUse(DAY, 10_000, 0, 45_000, 0)
    assert code(gift(counter, there(counter, card_number(2002)))) is Code.CARD_LIMIT
