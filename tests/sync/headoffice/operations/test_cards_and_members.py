"""Cards and members at head office, on real databases: what is published, merged, given away."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.database.headoffice import ledger, reports
from sync.database.headoffice.rows import Loaded
from sync.domain import redeeming
from sync.domain.card_changes import BlockData, NewCard, ReplaceData
from sync.domain.card_documents import PIN_BLOB, CardPin, HolderBlob
from sync.domain.card_formats import CardProfile
from sync.domain.cards import Block, CardLimits, Status, card_number, token_of
from sync.domain.journal import Attachment, Entry, Kind
from sync.domain.members import Balances, Profile
from sync.domain.merging import TransferData
from sync.headoffice.errors import InvalidError
from sync.headoffice.operations import asking
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running
from tests.helpers.tills import TestTill, rows_of
from tests.sync.domain.making import granted, member_id, plain
from tests.sync.domain.reversing import give_back

ANNA, TWIN = member_id(1), member_id(2)
NUMBERS = {ANNA: card_number(101), TWIN: card_number(102)}
LIMITS = CardLimits(5_000, 5_000, 8_000, 10_000, 10_000, 20_000)


def do(chain: Running, name: str, /, **fields: str) -> Any:
    """Ask head office, as its people do."""
    return chain.call(lambda hq: asking.perform(hq, name, fields, "chen", hq.clock.now_ms()))


def refused(chain: Running, name: str, /, **fields: str) -> str:
    with pytest.raises(InvalidError) as caught:
        do(chain, name, **fields)
    return caught.value.code


def token(till: TestTill, credential: str) -> str:
    return token_of(till.secrets.token_key, credential)


def join(till: TestTill, member: UUID, phone: str = "") -> None:
    """Enrol a member with the card of NUMBERS, and a phone."""
    blob = msgspec.json.encode(Profile(member, "张文静", phone))
    named = (Attachment("profile", sha256(blob).hexdigest(), member),)
    made = till.desk.enrol(member, token(till, NUMBERS[member]), attachments=named)
    till.push(made, blobs=[blob])


def card_entry(till: TestTill, kind: Kind, data: Any, number: str, **more: Any) -> Entry:
    body = till.desk.body(kind, ANNA, data=plain(data), card=token(till, number), **more)
    return till.desk.write(body)


def books(chain: Running, *members: UUID, tokens: tuple[str, ...] = ()) -> Loaded:
    async def look(hq: Any) -> Loaded:
        async with hq.database.reading() as session:
            return await ledger.load(session, members, tokens, [], lock=False, whole=tokens)

    return chain.call(look)


def unbalanced(chain: Running) -> list[Any]:
    async def read(hq: HeadOffice) -> list[Any]:
        async with hq.database.reading() as session:
            return list(await reports.unbalanced(session))

    return chain.call(read)


def codes_of(chain: Running) -> list[str]:
    async def look(hq: Any) -> list[str]:
        async with hq.database.reading() as session:
            return sorted(item.code for item in await reports.exceptions(session))

    return chain.call(look)


def test_a_duplicate_is_proposed_merged_followed_and_parted_again(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: golden case 19, pitfall 13, fault 46. Anna: 600 at A; her twin (same phone): 400 and
    300.00 + 30.00 at B. Proposed by phone; merged: 1000 points, 330.00. The twin's row is gone, an
    alias stands for it; a sale of 100.00 that B wrote for the twin goes to Anna, no exception.
    Parted: the 400, the stored value and the spend of 400.00 go back."""
    join(a1, ANNA, "+8613800138000")
    join(b1, TWIN, "+8613800138000")
    a1.push(a1.desk.sale(ANNA, [60_000]))
    b1.push(b1.desk.sale(TWIN, [40_000]), b1.desk.top_up(TWIN, 30_000))
    pairs = do(chain, "duplicates")["pairs"]
    assert pairs == [{"member": str(ANNA), "alias": str(TWIN)}]
    assert do(chain, "merge", one=NUMBERS[TWIN], other=str(ANNA)) == pairs[0]
    found = books(chain, TWIN).books
    assert found[ANNA].balances == Balances(1_000, 30_000, 3_000, 100_000)
    assert (found[TWIN].balances, found[TWIN].alias_of) == (Balances(), ANNA)
    items = b1.feed()
    assert rows_of(items, "member")[str(TWIN)] is None
    assert rows_of(items, "alias")[str(TWIN)].member == ANNA
    late = b1.push(b1.desk.sale(TWIN, [10_000], card=token(b1, NUMBERS[TWIN])))
    assert late.results[0].codes == ("member_merged",)
    assert books(chain, ANNA).books[ANNA].balances.points == 1_100
    assert codes_of(chain) == []
    assert do(chain, "duplicates") == {"pairs": []}
    assert refused(chain, "merge", one=str(TWIN), other=str(ANNA)) == "merged_already"
    do(chain, "unmerge", alias=str(TWIN))
    found = books(chain, ANNA, TWIN).books
    assert found[ANNA].balances == Balances(700, 0, 0, 70_000)
    assert found[TWIN].balances == Balances(400, 30_000, 3_000, 40_000)
    assert [lot.came_from for lot in found[TWIN].lots] == [()] * 3
    items = b1.feed()
    assert rows_of(items, "member")[str(TWIN)].balances.points == 400
    assert rows_of(items, "alias")[str(TWIN)] is None


def test_goods_of_a_twin_go_back_to_lots_that_were_used_up_before_the_merge(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: golden cases 9, 19; invariants 11, 30. The twin's 300.00 + 30.00 are all spent; Anna
    brings the goods back: she has them, and the twin when they are parted."""
    join(a1, ANNA)
    join(b1, TWIN)
    b1.push(b1.desk.top_up(TWIN, 30_000))
    held = Balances(0, 30_000, 3_000)
    sale = b1.desk.sale(TWIN, [33_000], available=held, stored_value_minor=33_000)
    b1.push(sale)
    assert books(chain, TWIN).books[TWIN].balances.stored_value == 0
    do(chain, "merge", one=NUMBERS[TWIN], other=str(ANNA))
    back = b1.push(give_back(b1.desk, sale))
    assert back.results[0].codes == ("member_merged",)
    found = books(chain, ANNA).books[ANNA]
    assert (found.balances.principal, found.balances.bonus) == (30_000, 3_000)
    stored = [lot for lot in found.lots if lot.account != "points"]
    assert {(lot.open, lot.expires_on, lot.came_from) for lot in stored} == {
        (30_000, None, (TWIN,)),
        (3_000, None, (TWIN,)),
    }
    do(chain, "unmerge", alias=str(TWIN))
    found = books(chain, TWIN).books[TWIN]
    assert (found.balances.principal, found.balances.bonus) == (30_000, 3_000)
    assert unbalanced(chain) == []


def test_members_that_cannot_be_merged_or_parted(chain: Running, a1: TestTill) -> None:
    join(a1, ANNA)
    assert refused(chain, "merge", one=str(ANNA), other=NUMBERS[ANNA]) == "same_member"
    assert refused(chain, "merge", one=str(ANNA), other=str(TWIN)) == "member_unknown"
    assert refused(chain, "merge", one=str(ANNA), other="no such card") == "card_unknown"
    assert refused(chain, "unmerge", alias=str(ANNA)) == "not_merged"


def test_points_are_given_away_by_head_office_and_on_a_tills_request(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: design.md section 5 (transfer: O). Anna has 600 of A; head office gives the twin 100,
    a till with her card asks for 200: 300 stay, the twin has 100 and 200 of A."""
    join(a1, ANNA)
    join(b1, TWIN)
    a1.push(a1.desk.sale(ANNA, [60_000]))
    do(chain, "transfer", **{"from": NUMBERS[ANNA], "to": str(TWIN), "points": "100"})
    made = card_entry(a1, Kind.TRANSFER, TransferData(TWIN, 200), NUMBERS[ANNA])
    assert a1.push(made).results[0].codes == ()
    found = books(chain, ANNA, TWIN).books
    assert (found[ANNA].balances.points, found[TWIN].balances.points) == (300, 300)
    lots = [(lot.dealer, lot.quantity, lot.open) for lot in found[TWIN].lots]
    assert lots == [("A", 100, 100), ("A", 200, 200)]
    assert [(lot.quantity, lot.open) for lot in found[ANNA].lots] == [(300, 300)]
    for fields, code in (
        ({"points": "301"}, "points_short"),
        ({"points": "0"}, "field_invalid"),
        ({"points": "1", "to": str(ANNA)}, "same_member"),
    ):
        asked = {"from": str(ANNA), "to": str(TWIN), **fields}
        assert refused(chain, "transfer", **asked) == code


def test_a_card_lives_and_dies_with_its_credentials(chain: Running, a1: TestTill) -> None:
    """Rows: FL-22, FL-36, pitfall 23: the block list goes first in the feed, and ends with it."""
    join(a1, ANNA)
    number, chip = NUMBERS[ANNA], "04A1B2C3"
    a1.push(card_entry(a1, Kind.CARD_BIND, NewCard(token(a1, chip), "B2C3", "rfid"), number))
    a1.push(card_entry(a1, Kind.CARD_BLOCK, BlockData("stolen"), number))
    tokens = token(a1, number), token(a1, chip)
    found = books(chain, tokens=(tokens[1],)).cards
    assert {found[each].status for each in tokens} == {Status.BLOCKED}
    assert set(rows_of(a1.feed(), "block")) == set(tokens)
    assert refused(chain, "block_card", card=number) == "card_blocked"
    do(chain, "unblock_card", card=chip)
    assert set(rows_of(a1.feed(), "block").values()) == {None}
    assert refused(chain, "unblock_card", card=chip) == "card_not_blocked"
    do(chain, "block_card", card=number, reason="asked by phone")
    new = ReplaceData(token(a1, card_number(103)), "1030", "barcode")
    a1.push(card_entry(a1, Kind.CARD_REPLACE, new, number))
    found = books(chain, tokens=(tokens[0], new.token)).cards
    assert [found[each].status.value for each in (*tokens, new.token)] == [
        "replaced", "replaced", "active",
    ]  # fmt: skip
    assert codes_of(chain) == []


def test_a_supplementary_card_is_counted_and_its_holder_is_masked(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: FL-35, pitfall 24; golden case 11: 50.00 a day; a second umbrella is flagged."""
    join(a1, ANNA)
    second = card_number(104)
    blob = msgspec.json.encode(HolderBlob(token(a1, second), ANNA, "李小龙"))
    named = (Attachment("card_holder", sha256(blob).hexdigest(), ANNA),)
    give = NewCard(token(a1, second), "1040", "barcode", LIMITS)
    made = card_entry(a1, Kind.CARD_ISSUE, give, NUMBERS[ANNA], attachments=named)
    a1.push(made, a1.desk.sale(ANNA, [300_000]), blobs=[blob])
    holder = documents(a1)[f"holder/{token(a1, second)}"]
    assert holder == {"name": "李**"}
    reply = a1.push(umbrella(a1, token(a1, second)), umbrella(a1, token(a1, second)))
    assert [result.codes for result in reply.results] == [(), ("card_limit",)]
    card = books(chain, tokens=(token(a1, second),)).cards[token(a1, second)]
    assert (card.limits, card.use.points_total_minor) == (LIMITS, 10_000)
    assert rows_of(b1.feed(), "card")[card.token].use.points_total_minor == 10_000


def umbrella(till: TestTill, card: str) -> Entry:
    desk = till.desk
    taken = granted(redeeming.gift(desk.rules, str(ANNA), desk.dealer, "umbrella", 1, 3_000))
    return desk.write(
        desk.body(
            Kind.REDEEM_GIFT, ANNA, card=card, data=plain(taken.data), effects=taken.effects,
            claims=taken.claims,
        )
    )  # fmt: skip


def documents(till: TestTill) -> dict[str, Any]:
    rows = {**rows_of(till.feed(), "document"), **rows_of(till.feed(), "local")}
    return {key: msgspec.json.decode(row.data) for key, row in rows.items() if row is not None}


def test_a_pin_travels_to_the_stores_of_its_members_home_only(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: design.md keys: verifiers only where a full profile exists."""
    join(a1, ANNA)
    for verifier, there in (("$argon2id$v=19$x", True), ("plain 1234", False)):
        blob = msgspec.json.encode(CardPin(verifier))
        named = (Attachment(PIN_BLOB, sha256(blob).hexdigest(), ANNA),)
        data = NewCard("", "", "pin")
        made = card_entry(a1, Kind.CARD_BIND, data, NUMBERS[ANNA], attachments=named)
        a1.push(made, blobs=[blob])
        pins = [kept for key, kept in documents(a1).items() if key.startswith("pin/")]
        assert pins == [{"verifier": "$argon2id$v=19$x"}], there
    assert not [key for key in documents(b1) if key.startswith("pin/")]


def test_legacy_schemes_aliases_and_printed_stock_are_published(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: FL-22, FL-37. Dealer C's old card C:000123 becomes a credential of Anna's card."""
    join(a1, ANNA)
    do(
        chain, "publish_card_profile", scheme="c", dealer="C", media="barcode, magstripe",
        length="8", prefix="66", first="2", check="mod10-weighted", weights="3,1",
    )  # fmt: skip
    do(chain, "alias_cards", rows=f"C:000123,{NUMBERS[ANNA]}\nC:000124,{NUMBERS[ANNA]}")
    do(chain, "stock_cards", label="box 7", first=card_number(7_000), last=card_number(7_099))
    do(
        chain, "stock_cards", label="box 8", first=card_number(8_000), last=card_number(8_009),
        stores="B-store",
    )  # fmt: skip
    kept = documents(a1)
    made = msgspec.convert(kept["card_profile/C"], CardProfile)
    assert (made.check, made.weights, made.media) == (
        "mod10-weighted", (3, 1), ("barcode", "magstripe"),
    )  # fmt: skip
    assert msgspec.convert(kept["stock/box 7"], Block) == Block(7_000, 7_099)
    assert "stock/box 8-B-store" not in kept
    assert "stock/box 8-B-store" in documents(b1)
    alias = rows_of(a1.feed(), "card")[token(a1, "C:000123")]
    assert (alias.member, alias.card, alias.tail) == (ANNA, token(a1, NUMBERS[ANNA]), "0123")


def test_what_is_wrong_with_what_head_office_was_told(chain: Running, a1: TestTill) -> None:
    join(a1, ANNA)
    profile = {"scheme": "C", "dealer": "C", "media": "barcode", "length": "8"}
    for wrong in (
        {"scheme": "c c"}, {"length": "0"}, {"weights": "x"}, {"check": "mod11"},
    ):  # fmt: skip
        told = {**profile, **wrong}
        assert refused(chain, "publish_card_profile", **told) == "card_profile_invalid"
    assert refused(chain, "publish_card_profile", **{**profile, "first": "-1"}) == "field_invalid"
    for rows in ("C:1", "C:1,a,b", "C:1,"):
        assert refused(chain, "alias_cards", rows=rows) == "rows_invalid"
    assert refused(chain, "alias_cards", rows=f"C:1,{card_number(9)}") == "card_unknown"
    do(chain, "block_card", card=NUMBERS[ANNA])
    assert refused(chain, "alias_cards", rows=f"C:1,{NUMBERS[ANNA]}") == "card_not_active"
    box = {"label": "x", "first": card_number(7_000), "last": card_number(7_099)}
    assert refused(chain, "stock_cards", **{**box, "first": "12"}) == "card_number_invalid"
    assert refused(chain, "stock_cards", **{**box, "stores": "Z9"}) == "place_unknown"
    own = {**box, "first": card_number(150), "last": card_number(400)}
    assert refused(chain, "stock_cards", **own) == "stock_overlaps"
