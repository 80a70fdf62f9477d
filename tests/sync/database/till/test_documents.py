"""Small documents and a member's extras in the replica: what is newer stands, types do not mix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import pytest

from sync.database.till.replica import Replica
from sync.database.till.replica_rows import Change
from sync.domain.members import Extras, LightRow
from tests.sync.database.till.made import MEMBER, NOON_MS
from tests.sync.database.till.test_replica import light, put, replica_at


class Tariff(msgspec.Struct, frozen=True):
    """A small document for these tests."""

    fee_minor: int


@dataclass(frozen=True)
class Written:
    """A document as the feed carries it."""

    data: msgspec.Raw


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    made = replica_at(tmp_path)
    yield made
    made.close()


def document(key: str, fee_minor: int, ver: int, kind: str = "document") -> Change:
    data = msgspec.Raw(msgspec.json.encode(Tariff(fee_minor)))
    return Change(ver, kind, key, ver, Written(data))


def test_a_document_is_read_as_the_struct_of_its_type(replica: Replica) -> None:
    assert replica.document("tariff", "wash", Tariff) is None
    put(replica, document("tariff/wash", 3_000, 1))
    assert replica.document("tariff", "wash", Tariff) == Tariff(3_000)
    assert replica.document("tarif", "wash", Tariff) is None


def test_a_newer_document_stands_whatever_comes_after_it(replica: Replica) -> None:
    put(replica, document("tariff/wash", 3_000, 5))
    put(replica, document("tariff/wash", 2_000, 4))
    assert replica.document("tariff", "wash", Tariff) == Tariff(3_000)
    put(replica, document("tariff/wash", 3_500, 6))
    assert replica.document("tariff", "wash", Tariff) == Tariff(3_500)
    put(replica, Change(7, "document", "tariff/wash", 7, None))
    put(replica, document("tariff/wash", 3_500, 6))
    assert replica.document("tariff", "wash", Tariff) is None
    put(replica, document("tariff/wash", 4_000, 8))
    assert replica.document("tariff", "wash", Tariff) == Tariff(4_000)


def test_all_documents_of_a_type_and_of_no_other(replica: Replica) -> None:
    put(
        replica,
        document("tariff/wash", 1, 1),
        document("tariff/iron", 2, 2),
        document("tariff-old/wash", 3, 3),
        document("tariff0/wash", 4, 4),
        document("tarif/wash", 5, 5),
        document("tariff/mend", 6, 6, "local"),
        Change(7, "document", "tariff/iron", 7, None),
    )
    found = replica.documents("tariff", Tariff)
    assert found == [("mend", Tariff(6)), ("wash", Tariff(1))]


def test_a_local_document_is_read_like_any_other(replica: Replica) -> None:
    put(replica, document("stock/scarf", 7, 1, "local"))
    assert replica.document("stock", "scarf", Tariff) == Tariff(7)


def test_documents_are_there_after_a_start(replica: Replica, tmp_path: Path) -> None:
    put(replica, document("tariff/wash", 3_000, 1))
    replica.close()
    again = replica_at(tmp_path)
    assert again.documents("tariff", Tariff) == [("wash", Tariff(3_000))]
    again.close()


def test_a_members_extras_come_back_as_they_were(replica: Replica) -> None:
    """Every light row may carry some; without any it holds none."""
    plain = light(7, 3)
    assert isinstance(plain.row, LightRow)
    extras = Extras(tier_to=date(2027, 12, 31), leased_points=500, leased_minor=30_000)
    row = msgspec.structs.replace(plain.row, extras=extras, version=4)
    put(replica, plain)
    found = replica.light(MEMBER)
    assert found is not None
    assert found.row.extras == Extras()
    put(replica, Change(4, "member", str(MEMBER), 4, row))
    found = replica.light(MEMBER)
    assert found is not None
    assert (found.row.extras, found.as_of_ms) == (extras, NOON_MS)
    put(replica, plain)
    found = replica.light(MEMBER)
    assert found is not None
    assert found.row.extras == extras, "an older row takes nothing away"
