"""Whatever a reader, a keyboard or a slip of the finger gives: refusals, never exceptions.

What these found when they were written: an enrolment whose attachment was larger than a push may
carry, so that nothing of that till could ever be sent again; a barcode read into the field of the
amount; half a character of an emoji; a control character in a name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.client.till_store import JournalStore
from sync.database.till.checking import JournalCheck
from sync.database.till.faults import TooLargeError
from sync.database.till.journal import Blob, NewEntry
from sync.domain.cards import card_number
from sync.domain.joining import Purchase
from sync.domain.journal import MAX_BLOB_BYTES, read_body
from sync.domain.refusals import Code, Refusal
from sync.protocol import frames
from terminal.usecases import drafts, enrol, identify, redeem_gift, search, sell, shift, sign_in
from terminal.usecases import top_up as topping
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, DraftLine, EnrolDraft, GiftDraft, SaleDraft, TopUpDraft
from terminal.usecases.enrol import Enrolled, Form
from terminal.usecases.identify import MemberCard, ProductFound
from terminal.usecases.till import Till
from tests.terminal.usecases.made import DAY, NOON_MS, PRODUCT, Clock, light, read, till

READS = 10_000
AMOUNTS = (-(10**18), -1, 0, 1, 10**6, 10**11, 10**11 + 1, 10**12, 10**18, 2**63, 10**40)
EAN_IN_THE_AMOUNT = 6_901_234_500_124
RICH = (Purchase(DAY, 500_000),)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Till]:
    """A till at work, that everything it wrote can be sent from."""
    found = till(tmp_path, light(5000, 20_000))
    yield found
    check = JournalCheck(found.database.journal, found.database.keys.public)
    assert check.whole().broken is None
    assert_all_can_be_sent(found)
    found.database.close()


def assert_all_can_be_sent(made: Till) -> None:
    """Every entry fits in a push by itself: one that does not would hold up all after it."""
    store, identity = JournalStore(made.database, Clock()), made.database.journal.identity
    for seq in range(1, made.database.journal.head().seq + 1):
        one = store.batch(seq, 1, frames.MAX_BATCH_BYTES)
        body = frames.encode_push(
            identity.device, identity.epoch, seq, one.entries, one.attachments
        )
        assert len(frames.decode_push(body).entries) == 1


def junk(dice: random.Random) -> str:
    size = dice.choice((0, 1, 4, 16, 17, 40, 4096))
    number = card_number(dice.choice((1001, 5003, 9999)))
    return dice.choice(
        (
            "".join(chr(dice.randrange(0x110000)) for _ in range(min(size, 60))),
            "".join(chr(dice.randrange(32)) for _ in range(size)),
            "😀" * size,
            "9" * size,
            "８" * size,
            "\0" * size,
            number[:-1] + dice.choice("0123456789²٣"),
            number + "\0",
            "\ud800" * min(size, 3) + "x",
            "'; DROP TABLE entry;--",
            "%_%" * size,
        )
    )


def a_read(dice: random.Random, raw: str) -> CredentialRead:
    return CredentialRead(
        "wedge",
        dice.choice(list(Medium)),
        raw,
        dice.choice(list(ReadMethod)),
        dice.choice(list(Strength)),
        NOON_MS,
    )


def bearer_of(made: Till) -> Bearer:
    found = identify.scan(made, read())
    assert isinstance(found, MemberCard)
    return found.bearer


def test_ten_thousand_reads(made: Till) -> None:
    dice = random.Random(1)
    for number in range(READS):
        raw = junk(dice)
        found = identify.scan(made, a_read(dice, raw))
        assert isinstance(found, Refusal | MemberCard | ProductFound), raw
        if number % 10 == 0:
            assert isinstance(identify.identify(made, a_read(dice, raw)), Refusal | MemberCard)
            assert isinstance(search.search(made, raw), search.Found)
            assert isinstance(enrol.card_refusal(made, a_read(dice, raw)), Refusal | None)
        if number % 200 == 0:
            assert isinstance(sign_in.sign_in(made, "nobody", raw), Refusal)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_absurd_sales(made: Till, amount: int) -> None:
    bearer, begun = bearer_of(made), 0
    for who in (None, bearer):
        for quantity in (1, -1, 10**18):
            for points, stored in ((0, 0), (10**18, 0), (-5, 0), (0, 10**18), (100, 100)):
                draft = sell.open_sale(made)
                assert isinstance(draft, SaleDraft)
                line = DraftLine("", quantity, amount)
                rung = msgspec.structs.replace(draft, lines=(line,)).for_member(who)
                wanted = rung.paying(points, stored)
                assert not isinstance(sell.quote(made, wanted), Exception)
                for tender in ("cash", "wechat"):
                    found = sell.sell(made, wanted, tender, amount)
                    assert isinstance(found, Done | Refusal), found
                    begun += isinstance(found, Done)
                drafts.abandon(made, wanted)
    assert begun == 0 if not 1 <= amount <= 10**11 else begun > 0


def test_a_barcode_read_into_the_amount_is_refused(made: Till) -> None:
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    found = sell.sell(made, draft.adding(PRODUCT), "cash", EAN_IN_THE_AMOUNT)
    assert isinstance(found, Refusal)
    assert found.code is Code.TOO_LARGE


def test_a_basket_that_no_entry_holds_is_refused_when_it_is_priced(made: Till) -> None:
    bearer = bearer_of(made)
    for lines, fits in ((100, True), (101, False), (5_000, False)):
        draft = sell.open_sale(made)
        assert isinstance(draft, SaleDraft)
        rung = tuple(DraftLine(f"SKU-{n}", 1, 10_000 + n) for n in range(lines))
        full = msgspec.structs.replace(draft, lines=rung).for_member(bearer)
        quoted = sell.quote(made, full)
        assert isinstance(quoted, Refusal) is not fits
        found = sell.sell(made, full, "cash", 10**9)
        assert isinstance(found, Done) is fits, found


@pytest.mark.parametrize("amount", AMOUNTS)
def test_absurd_top_ups_gifts_and_drawers(made: Till, amount: int) -> None:
    bearer = bearer_of(made)
    draft = topping.open_top_up(made, bearer)
    assert isinstance(draft, TopUpDraft)
    found = topping.top_up(made, topping.of_amount(draft, amount), "cash")
    assert isinstance(found, Done if amount == 1 else Refusal)
    gift = redeem_gift.open_gift(made, bearer)
    assert isinstance(gift, GiftDraft)
    for offer in ("G1", "nope", "\0", "x" * 5000):
        taken = redeem_gift.redeem_gift(made, redeem_gift.of_gift(gift, offer, amount))
        assert isinstance(taken, Done if (offer, amount) == ("G1", 1) else Refusal), taken
        if isinstance(taken, Done):
            break
    closed = shift.close_shift(made, amount)
    assert isinstance(closed, Refusal) is not (0 <= amount <= 10**11)
    if not isinstance(closed, Refusal):
        opened = shift.open_shift(made, amount)
        assert isinstance(opened, shift.OpenShift)


def enrolled(made: Till, form: Form, card: CredentialRead, amount: int = 500_000) -> object:
    draft = enrol.open_enrolment(made)
    assert isinstance(draft, EnrolDraft)
    return enrol.enrol(made, draft, form, card, None, (Purchase(DAY, amount),))


def test_forms_filled_in_with_anything(made: Till) -> None:
    dice = random.Random(3)
    joined = 0
    for number in range(120):
        text = junk(dice)
        form = Form(
            dice.choice((text, "李娜", "李娜")),
            dice.choice((junk(dice), "13912345678", "13912345678")),
            dice.choice((*[2] * 8, None, 0, 13, 10**18)),
            dice.choice((*[28] * 8, None, 0, 31, -1)),
            dice.choice((None, None, 1900, 10**18)),
            dice.choice(("", junk(dice))),
            dice.choice(("", junk(dice))),
            dice.choice(("", junk(dice))),
            consent=True,
        )
        assert isinstance(enrol.duplicates(made, form), tuple)
        card = a_read(dice, dice.choice((junk(dice), card_number(5100 + number))))
        found = enrolled(made, form, card, dice.choice((*AMOUNTS, *[500_000] * 20)))
        assert isinstance(found, Enrolled | Refusal), found
        joined += isinstance(found, Enrolled)
    form = Form("李\0娜\u200b\n", "13912345678", sizes="M\x07", consent=True)
    found = enrolled(made, form, read(5900))
    assert isinstance(found, Enrolled)
    assert found.member.profile is not None
    assert (found.member.profile.name, found.member.profile.sizes) == ("李 娜", "M")
    assert joined


@pytest.mark.parametrize("field", ["name", "consultant", "sizes", "colours"])
def test_a_form_that_could_never_be_sent_is_refused(made: Till, field: str) -> None:
    """Planted bug: without the bound the entry is written and the till can send nothing more."""
    whole = {"name": "李娜", "phone": "13912345678", "consent": True}
    long = Form(**{**whole, field: "李" * 30_000})  # type: ignore[arg-type]  # fields by name
    found = enrolled(made, long, read(5003))
    assert isinstance(found, Refusal)
    assert found.code is Code.TOO_LARGE


def test_the_journal_takes_nothing_that_cannot_be_sent(made: Till) -> None:
    """The last line of defence, behind every use case."""
    entry = made.database.journal.entry(1)
    assert entry is not None
    body = read_body(entry.body)
    large = Blob("profile", bytes(32), None, bytes(MAX_BLOB_BYTES + 1))
    small = Blob("profile", bytes(32), None, b"")
    wide = msgspec.structs.replace(body, data={"text": "x" * 70_000}, entry_id=made.new_id())
    for new in (NewEntry(body, (large,)), NewEntry(body, (small,) * 5), NewEntry(wide)):
        with pytest.raises(TooLargeError):
            made.database.journal.append(new)
    assert made.database.journal.head().seq == 1
