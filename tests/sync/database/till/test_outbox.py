from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sync.database.till.database import Safety
from tests.sync.database.till.made import DEVICE, Bodies, opened


@dataclass
class Told:
    """An acknowledgement or a result, as the wire has it."""

    seq: int
    head_hash: bytes = bytes(32)
    hq_epoch: int = 1
    hq_time_ms: int = 5
    key: str = "hq-1"
    sig: bytes = bytes(64)
    outcome: str = "posted"
    codes: tuple[str, ...] = ()
    post_seq: int | None = 7
    allocations: tuple[object, ...] = ()


def test_unsent_is_everything_above_the_last_acknowledgement(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    entries = [database.journal.append(bodies.earning(1)).entry for _ in range(5)]
    assert database.outbox.unsent().count == 5
    assert database.outbox.last_ack() is None
    database.outbox.store_ack(Told(3, entries[2].hash), [Told(n) for n in (1, 2, 3)], 99)
    unsent = database.outbox.unsent()
    assert (unsent.count, unsent.oldest_ms) == (2, bodies.at_ms - 1000)
    ack = database.outbox.last_ack()
    assert ack is not None
    assert (ack.device, ack.epoch, ack.seq, ack.stored_ms) == (DEVICE, 1, 3, 99)
    assert database.outbox.last_contact_ms() == 99
    assert [database.safety(seq) for seq in (3, 4)] == [Safety.CONFIRMED, Safety.SAVED]
    database.close()


def test_results_are_kept_and_replaced(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    for _ in range(3):
        database.journal.append(bodies.earning(1))
    odd = Told(2, outcome="posted_exception", codes=("overdraft", "split_mismatch"))
    database.outbox.store_ack(Told(3), [Told(1), odd, Told(3, post_seq=None)], 1)
    found = database.outbox.result(2)
    assert found is not None
    assert found.codes == ("overdraft", "split_mismatch")
    assert [r.seq for r in database.outbox.exceptions()] == [2]
    database.outbox.store_ack(Told(3), [Told(2)], 2)
    assert database.outbox.exceptions() == []
    assert database.outbox.result(4) is None
    database.close()


def test_the_acknowledgement_follows_a_restored_head_office_downwards(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    for _ in range(4):
        database.journal.append(bodies.earning(1))
    database.outbox.store_ack(Told(4), (), 1)
    database.outbox.store_ack(Told(2, hq_epoch=2), (), 2)
    assert database.outbox.acked_seq() == 2
    assert database.outbox.unsent().count == 2
    assert [ack.seq for ack in database.outbox.acks()] == [4, 2]
    database.close()


def test_contact_is_remembered_without_a_write_each_time(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.outbox.heard(1_000_000)
    database.outbox.heard(1_005_000)
    assert database.outbox.last_contact_ms() == 1_005_000
    database.close()
    again = opened(tmp_path)
    assert again.outbox.last_contact_ms() == 1_000_000
    again.close()
