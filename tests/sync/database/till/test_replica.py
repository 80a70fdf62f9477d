from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.database.till.faults import TooNewError
from sync.database.till.replica import OutdatedReplica, Replica
from sync.database.till.replica_rows import Change, RosterPack
from sync.database.till.seals import Seal
from sync.database.till.turns import Turn
from sync.domain.cards import Card, Status
from sync.domain.members import Balances, LightRow, LotSummary, Profile
from sync.domain.pricing import Product
from tests.sync.database.till.made import DAY, MEMBER, NOON_MS

TOKEN = "ab" * 16
PHONE_KEY = "cd" * 16


class Person:
    """Somebody of a roster."""

    def __init__(self, staff: str, pin: str) -> None:
        self.staff, self.name, self.roles, self.pin = staff, staff.title(), ("cashier",), pin
        self.approver, self.language = False, "zh"


class Blocked:
    """A row of the block list."""

    token, since_ms, reason = TOKEN, 1, "lost"


def replica_at(path: Path) -> Replica:
    return Replica(path / "replica-1.db", bytes(32), Seal(bytes(32), b"staff"), Turn())


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = replica_at(tmp_path)
    yield made
    made.close()


def light(points: int, ver: int, member: UUID = MEMBER) -> Change:
    row = LightRow(
        member,
        "gold",
        Balances(points, 2, 3, 4),
        ver,
        "张**",
        "8000",
        PHONE_KEY,
        "A1",
        "A",
        5,
        ("flag", "other"),
        (LotSummary(DAY, points), LotSummary(None, 1)),
        {"device:1": ver},
    )
    return Change(ver, "member", str(member), ver, row)


def put(replica: Replica, *changes: Change, n: int = 10, complete: bool = True) -> None:
    replica.apply(changes, 1, n, NOON_MS, complete=complete)


def test_a_light_row_comes_back_as_it_was(replica: Replica) -> None:
    put(replica, light(7, 3))
    found = replica.light(MEMBER)
    assert found is not None
    assert (found.row, found.as_of_ms) == (light(7, 3).row, NOON_MS)
    assert replica.light(UUID(int=1)) is None
    assert [h.row.member for h in replica.by_phone(PHONE_KEY)] == [MEMBER]
    assert [h.row.member for h in replica.by_phone_tail("8000")] == [MEMBER]
    assert replica.by_phone_tail("8001") == []


def test_a_newer_row_is_never_overwritten_by_an_older_one(replica: Replica) -> None:
    put(replica, light(7, 3))
    put(replica, light(1, 2))
    replica.put_fetched([light(2, 1)], NOON_MS + 5)
    found = replica.light(MEMBER)
    assert found is not None
    assert found.row.balances.points == 7


def test_what_was_removed_comes_back_only_with_a_later_put(replica: Replica) -> None:
    put(replica, light(7, 3), Change(4, "member", str(MEMBER), 4, None))
    put(replica, light(7, 3))
    assert replica.light(MEMBER) is None
    put(replica, light(8, 5))
    assert replica.light(MEMBER) is not None
    put(replica, Change(6, "member", str(MEMBER), 4, None))  # an older tomb changes nothing
    assert replica.light(MEMBER) is not None


def test_a_row_fetched_on_demand_is_as_young_as_its_fetch(replica: Replica) -> None:
    put(replica, light(7, 3))
    replica.put_fetched([light(8, 4)], NOON_MS + 60_000)
    found = replica.light(MEMBER)
    assert found is not None
    assert (found.row.balances.points, found.as_of_ms) == (8, NOON_MS + 60_000)
    assert replica.cursor() == (1, 10)


def test_figures_age_until_a_complete_page(replica: Replica) -> None:
    assert replica.as_of_ms() is None
    put(replica, light(7, 3), complete=False)
    assert replica.as_of_ms() is None
    put(replica, n=11)
    assert (replica.as_of_ms(), replica.cursor()) == (NOON_MS, (1, 11))


def test_the_block_list_outranks_the_card(replica: Replica) -> None:
    card = Card(TOKEN, MEMBER, Status.ACTIVE, "0013", "barcode")
    put(replica, Change(1, "card", TOKEN, 1, card))
    assert replica.card(TOKEN) == card
    assert replica.cards_of(MEMBER) == [card]
    put(replica, Change(2, "block", TOKEN, 2, Blocked()))
    found = replica.card(TOKEN)
    assert found is not None
    assert found.status is Status.BLOCKED
    put(replica, Change(3, "block", TOKEN, 3, None))
    assert replica.card(TOKEN) == card
    assert not replica.blocked(TOKEN)


def test_verifiers_are_sealed_on_disk(replica: Replica, tmp_path: Path) -> None:
    pack = RosterPack(2, "A1", (Person("lin", "$argon2id$x"), Person("wang", "")))
    put(replica, Change(1, "roster", "A1", 2, pack))
    found = replica.staff("lin")
    assert found is not None
    assert (found.name, found.verifier, found.roles) == ("Lin", "$argon2id$x", ("cashier",))
    assert [person.staff for person in replica.roster()] == ["lin", "wang"]
    put(replica, Change(2, "roster", "A1", 3, RosterPack(3, "A1", (Person("chen", "y"),))))
    put(replica, Change(3, "roster", "A1", 1, RosterPack(1, "A1", (Person("old", "y"),))))
    assert [person.staff for person in replica.roster()] == ["chen"]
    with replica._readers.read() as connection:
        (sealed,) = connection.execute("SELECT verifier FROM staff").fetchone() or ()
    assert sealed != b"y"
    assert len(sealed) > 28


def test_names_are_found_by_name_pinyin_and_initials(replica: Replica) -> None:
    people = [("张文静", 1), ("单于飞", 2), ("Anna Lee", 3), ("曾小贤", 4), ("单田芳", 5)]
    put(
        replica,
        *(
            Change(n, "profile", str(UUID(int=n)), 1, Profile(UUID(int=n), name, "+86138"))
            for name, n in people
        ),
    )

    def names(text: str) -> list[str]:
        return sorted(profile.name for profile in replica.by_name(text))

    assert names("张") == ["张文静"]
    assert names("zhangwen") == ["张文静"]
    assert names("zwj") == ["张文静"]
    assert names("ZWJ") == ["张文静"]
    assert names("zeng") == ["曾小贤"]
    assert names("shan") == ["单田芳"]
    assert names("chanyu") == ["单于飞"]
    assert names("anna l") == ["Anna Lee"]
    assert names("al") == ["Anna Lee"]
    assert names(" ") == []


def test_products_are_found_by_barcode(replica: Replica) -> None:
    product = Product("SK-1", "0012345678905", "裙", "Skirt", 100)
    put(replica, Change(1, "product", "SK-1", 1, product))
    assert replica.product_by_barcode("012345678905") == product  # UPC-A as 12 digits
    assert replica.product("SK-1") == product
    assert replica.products() == [product]
    assert replica.product_by_barcode("9") is None


def test_aliases_lead_to_the_member(replica: Replica) -> None:
    class Alias:
        alias, member = UUID(int=9), MEMBER

    put(replica, light(7, 3), Change(4, "alias", str(UUID(int=9)), 1, Alias()))
    found = replica.light(UUID(int=9))
    assert found is not None
    assert found.row.member == MEMBER


def test_unknown_kinds_are_counted_and_skipped(replica: Replica) -> None:
    later = Profile(MEMBER, "a row of a later release", "")
    put(replica, Change(1, "coupon", "c1", 4, later))
    assert replica.sums().of(["coupon"])[0] == 1
    put(replica, Change(2, "coupon", "c1", 5, None))
    assert replica.sums().of(["coupon"]) == (0, bytes(32))


def test_profiles_fetched_on_demand_expire(replica: Replica) -> None:
    change = Change(0, "profile", str(MEMBER), 1, Profile(MEMBER, "张文静", "+86138"))
    replica.put_fetched([change], NOON_MS)
    assert replica.profile(MEMBER) is not None
    assert [c.key for c in replica.fetched_profiles()] == [str(MEMBER)]
    assert replica.drop_expired(NOON_MS + 31 * 24 * 3_600_000) == 1
    assert replica.profile(MEMBER) is None


def test_a_file_of_another_schema_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.database.till.replica.SCHEMA", 2)
    replica_at(tmp_path).close()
    monkeypatch.setattr("sync.database.till.replica.SCHEMA", 3)
    with pytest.raises(OutdatedReplica):
        replica_at(tmp_path)
    monkeypatch.setattr("sync.database.till.replica.SCHEMA", 1)
    with pytest.raises(TooNewError):
        replica_at(tmp_path)


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(1, 6),
        st.booleans(),
    ),
    max_size=30,
)


@given(moves=CHANGES, cut=st.integers(0, 30))
def test_any_order_and_any_cut_ends_with_the_newest_rows_and_their_sums(
    shared: Replica, moves: list[tuple[int, int, bool]], cut: int
) -> None:
    """Planted bug seen to fail: without the tomb's version an older put revives a removed row."""
    base = UUID(int=shared.generation * 1000 + len(moves)).int
    shared.generation += 1
    changes, due = [], dict[UUID, tuple[int, bool]]()
    before = shared.sums().of(["member"])
    for who, ver, gone in moves:
        member = UUID(int=(base << 8) + who)
        row = None if gone else light(ver, ver, member).row
        changes.append(Change(1, "member", str(member), ver, row))
        newest = due.get(member)
        if newest is None or ver > newest[0] or (ver == newest[0] and gone):
            due[member] = ver, gone
    put(shared, *changes[:cut])
    put(shared, *changes[cut:])
    for member, (ver, gone) in due.items():
        found = shared.light(member)
        assert (found is None) == gone
        assert found is None or found.row.version == ver
    alive = sum(1 for _, gone in due.values() if not gone)
    assert shared.sums().of(["member"])[0] == before[0] + alive
    put(shared, *(Change(1, "member", str(m), 99, None) for m in due))
    assert shared.sums().of(["member"]) == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    made = replica_at(tmp_path_factory.mktemp("replica"))
    yield made
    made.close()
