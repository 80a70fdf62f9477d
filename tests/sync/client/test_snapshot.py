"""First contact: hashed parts that go on where they broke off, the global part first."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from sync.client import snapshot
from sync.client.snapshot import Progress, check_manifest
from sync.client.transport import Unreachable
from sync.protocol import codec, wire
from sync.protocol.errors import MalformedError, ProblemError, UntrustedError
from sync.protocol.exchange import Answer, Call
from sync.protocol.records import Form, Manifest, Scope
from tests.sync.client.server import LoopbackServer, Seen, as_it_is, serving, truncated
from tests.sync.client.till import SNAPSHOT_KEY, Equipment, Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def server(office: Office) -> Iterator[LoopbackServer]:
    with serving(office.respond) as running:
        yield running


@pytest.fixture
def till(server: LoopbackServer) -> Iterator[Equipment]:
    made = Equipment(server)
    yield made
    made.transport.close()


def test_the_global_part_comes_first_and_allows_a_sale(till: Equipment, office: Office) -> None:
    progress = list(till.loader.load(1))
    assert [step.sellable for step in progress] == [False, True, True, True, True]
    assert progress[-1] == Progress(11_500, 11_500, sellable=True)
    assert till.replica.parts == dict(enumerate(office.parts))
    assert till.replica.key == b""


def test_a_snapshot_without_members(till: Equipment, office: Office) -> None:
    office.parts, office.scopes = office.parts[:1], [Scope.GLOBAL]
    assert list(till.loader.load(1))[-1].sellable
    assert till.replica.log == ["begin", "part 0", "global", "finish"]


def test_the_snapshot_key_is_sealed_to_this_till(till: Equipment, office: Office) -> None:
    office.form = Form.SQLCIPHER
    list(till.loader.load(1))
    assert till.replica.key == SNAPSHOT_KEY


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_part_goes_on(
    till: Equipment, office: Office, server: LoopbackServer, ranges: bool
) -> None:
    office.ranges = ranges
    server.faults = [as_it_is, as_it_is, truncated]
    with pytest.raises(Unreachable, match="broken"):
        list(till.loader.load(1))
    assert till.replica.log == ["begin", "part 0", "global"]
    list(till.loader.load(1))
    assert till.replica.parts == dict(enumerate(office.parts))
    assert till.replica.log[3:] == ["begin", "global", "part 1", "part 2", "finish"]
    assert [seen.headers.get("range") for seen in server.seen] == [
        None, None, None, None, "bytes=2750-", None,
    ]  # fmt: skip


def test_a_part_broken_at_its_very_end_is_not_asked_again(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    till.loader._broken, till.loader._kept = ("s1", 0), bytearray(office.parts[0])
    list(till.loader.load(1))
    assert len(server.seen) == 3


def test_a_part_with_other_bytes_is_not_taken(till: Equipment, office: Office) -> None:
    office.said = office.snapshot()
    office.parts[1] = office.parts[1][::-1]
    for _ in range(2):
        with pytest.raises(UntrustedError, match="part_hash"):
            list(till.loader.load(1))
    assert 1 not in till.replica.parts
    office.parts[1] = office.parts[1][::-1]
    list(till.loader.load(1))
    assert till.replica.log[-1] == "finish"


def test_a_snapshot_that_was_replaced(till: Equipment, office: Office) -> None:
    office.said, office.name = office.snapshot(), "s2"
    with pytest.raises(ProblemError, match="snapshot_gone"):
        list(till.loader.load(1))
    office.said = None
    list(till.loader.load(1))
    assert till.replica.log[-1] == "finish"


def test_a_manifest_head_office_did_not_sign(till: Equipment, office: Office) -> None:
    good = office.snapshot()
    bad = msgspec.structs.replace(good.manifest, data=good.manifest.data.replace(b"s1", b"s3"))
    office.said = msgspec.structs.replace(good, manifest=bad)
    with pytest.raises(UntrustedError, match="signature"):
        list(till.loader.load(1))
    assert till.replica.log == []


def test_manifests_out_of_order(office: Office) -> None:
    good = codec.decode(office.snapshot().manifest.data, Manifest)
    check_manifest(good)
    for parts in (good.parts[::-1], good.parts[1:], (*good.parts, good.parts[0])):
        with pytest.raises(MalformedError, match="manifest"):
            check_manifest(msgspec.structs.replace(good, parts=parts))


def test_a_snapshot_of_another_epoch(till: Equipment) -> None:
    with pytest.raises(MalformedError, match="snapshot_epoch"):
        list(till.loader.load(2))
    assert till.replica.log == []


def test_rows_are_asked_for_on_a_line_too_slow_for_the_file(
    till: Equipment, office: Office, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    respond = server.respond

    def answering(call: Call, seen: Seen) -> Answer:
        if call.target.startswith(f"{wire.SNAPSHOT}?"):
            asked.append(call.target)
            office.form = Form.SQLCIPHER if "form=sqlcipher" in call.target else Form.ROWS
        return respond(call, seen)

    server.respond = answering
    monkeypatch.setattr(snapshot, "MEASURED_BYTES", 1)
    monkeypatch.setattr(snapshot, "FILE_MS", -1)
    list(till.loader.load(1))
    wish = f"{wire.SNAPSHOT}?form={{}}&schema={till.replica.schema}"
    assert asked == [wish.format("sqlcipher"), wish.format("rows")]
    assert till.loader.form is Form.ROWS
    assert till.replica.log[-1] == "finish"
    list(till.loader.load(1))
    assert asked[2:] == [wish.format("rows")]
