from __future__ import annotations

from pathlib import Path

import msgspec

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.client.online import NoAnswer
from sync.database.till.replica_rows import Change
from sync.domain.cards import Card, Status, card_number
from sync.domain.refusals import Code, Refusal
from sync.protocol import codec
from sync.protocol.messages import FeedItem, FeedKind, Granted, MemberAsk, MemberReply
from terminal.usecases import identify, search
from terminal.usecases.identify import MemberCard, ProductFound
from tests.terminal.usecases.made import (
    NOON_MS,
    PHONE,
    PRODUCT,
    ZHANG,
    Clock,
    HeadOffice,
    light,
    read,
    till,
    token,
)


def scanned(raw: str, medium: Medium = Medium.BARCODE) -> CredentialRead:
    return CredentialRead("wedge", medium, raw, ReadMethod.READ, Strength.TOKEN, NOON_MS)


def item(kind: FeedKind, key: str, ver: int, row: msgspec.Struct) -> FeedItem:
    return msgspec.structs.replace(codec.put(1, kind, key, ver, row), n=0)


def test_a_scan_is_a_card_or_a_product(tmp_path: Path) -> None:
    counter = till(tmp_path)
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    assert (found.member, found.name, found.age_ms) == (ZHANG, "张文静", 0)
    assert found.bearer.presented is not None
    assert found.bearer.presented.medium == "barcode"
    assert found.tier is not None
    assert found.tier.code == "gold"
    spaced = identify.scan(counter, scanned(f" {card_number(1001)[:4]}-{card_number(1001)[4:]} "))
    assert isinstance(spaced, MemberCard)
    assert identify.scan(counter, scanned(PRODUCT.barcode)) == ProductFound(PRODUCT)
    for raw, medium, code in (
        ("123", Medium.BARCODE, Code.UNKNOWN_CODE),
        (card_number(77), Medium.BARCODE, Code.CARD_UNKNOWN),
        (PRODUCT.barcode, Medium.IC, Code.CARD_UNKNOWN),
    ):
        refused = identify.scan(counter, scanned(raw, medium))
        assert isinstance(refused, Refusal)
        assert refused.code is code
    counter.database.close()


def test_a_blocked_card_is_refused_with_its_tail(tmp_path: Path) -> None:
    counter = till(tmp_path)

    class Row:
        token, since_ms, reason = token(1001), 1, "lost"

    counter.database.replica.apply(
        [Change(7, "block", token(1001), 7, Row())], 1, 7, NOON_MS, complete=True
    )
    found = identify.scan(counter, read())
    assert isinstance(found, Refusal)
    assert (found.code, found.param("tail")) == (Code.CARD_BLOCKED, card_number(1001)[-4:])
    counter.database.close()


def test_an_unknown_card_is_fetched_from_head_office(tmp_path: Path) -> None:
    card = Card(token(2002), ZHANG, Status.ACTIVE, "0000", "barcode")
    asked: list[MemberAsk] = []

    def reply(ask: MemberAsk) -> MemberReply | NoAnswer:
        asked.append(ask)
        items = (
            item(FeedKind.MEMBER, str(ZHANG), 9, light(77, version=9)),
            item(FeedKind.CARD, card.token, 9, card),
        )
        return MemberReply(hq_epoch=1, hq_time_ms=1, items=items)

    office = HeadOffice(lambda _: Granted("a", 1, light()), reply)
    clock = Clock()
    counter = till(tmp_path, online=office, clock=clock)
    clock.pass_ms(60_000)
    found = identify.scan(counter, read(2002))
    assert isinstance(found, MemberCard)
    assert (found.standing.confirmed.points, found.age_ms) == (77, 0)
    assert [(a.by, a.value) for a in asked] == [("token", token(2002))]
    clock.pass_ms(5_000)
    assert isinstance(identify.scan(counter, read(2002)), MemberCard)
    assert len(asked) == 1  # known now
    newer = identify.refreshed(counter, found)
    assert isinstance(newer, MemberCard)
    assert newer.age_ms == 0
    counter.database.close()


def test_search_says_what_it_looked_through(tmp_path: Path) -> None:
    """Rows: pitfall 37."""
    counter = till(tmp_path)
    for text, scope, by in (
        (PHONE, "chain", "phone"),
        ("138 0013 8000", "chain", "phone"),
        ("8000", "chain", "phone_tail"),
        ("张文", "profiles", "name"),
        ("zwj", "profiles", "name"),
    ):
        found = search.search(counter, text)
        assert isinstance(found, search.Found)
        assert (found.scope, found.by, [hit.member for hit in found.hits]) == (scope, by, [ZHANG])
    for text in ("", "12", "13900001111", "李"):
        found = search.search(counter, text)
        assert isinstance(found, search.Found)
        assert found.hits == ()
    chosen = identify.choose(counter, ZHANG)
    assert isinstance(chosen, MemberCard)
    assert chosen.bearer.presented is not None
    assert chosen.bearer.presented.method == "searched"
    counter.database.close()


def test_the_name_of_a_reader_is_cut_to_what_an_entry_holds() -> None:
    long = CredentialRead(
        "PC/SC " + "Contactless Reader " * 9, Medium.IC, "1", ReadMethod.READ, Strength.TOKEN, 1
    )
    presented = identify.presented_of(long)
    assert presented.reader == long.reader_id[:64]
    assert msgspec.convert(msgspec.to_builtins(presented), type(presented)) == presented
