"""Attacks on a real head office, on both databases: a clear 4xx, nothing changed, memory bounded.

`tests/sync/headoffice/api/test_hostile.py` asks every route with garbage; here whole tables are
compared, sockets are written to by hand, and valid requests are damaged at every place.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator

import httpx
import msgspec
import psutil
import pytest

from sync.headoffice.api import bounds
from sync.headoffice.serving import Running, running
from sync.protocol import codec, frames, wire
from sync.protocol.messages import AuthAsk, Debits
from sync.protocol.requests import make_nonce, sign_request
from tests.helpers.dumps import changed, dump_of
from tests.helpers.servers import new_database, postgres_server, served, set_up, settings
from tests.helpers.tills import NOBODY, OWN_NONCE, TestTill, furnish, good, problem
from tests.sync.domain.making import member_id

__all__ = ["new_database", "postgres_server", "served", "settings"]

ANNA = member_id(1)
CLEAR = {400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 426}
NASTY = (
    "'; DROP TABLE entry;--",
    "\0",
    "\u202e贵宾\ufeff",
    "%00",
    "../../x",
    "x" * 70_000,
    "\ud7ff",
)


@pytest.fixture(scope="module")
def plain_hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Where no database is reached."""
    with running(set_up(tmp_path_factory.mktemp("plain") / "hq"), tls=False) as found:
        yield found


@pytest.fixture
def a1(served: Running) -> Iterator[TestTill]:
    """A till with six entries at head office."""
    furnish(served)
    with TestTill(served, "A1") as till:
        desk = till.desk
        till.push(
            desk.enrol(ANNA),
            desk.sale(ANNA, [123_456]),
            desk.top_up(ANNA, 30_000),
            desk.gift(ANNA),
            desk.sale(ANNA, [600_00], points=0),
            desk.sale(ANNA, [1]),
        )
        yield till


def test_a_push_damaged_anywhere_changes_nothing(a1: TestTill) -> None:
    """One byte of the compressed body, of a frame, of a signature: signed anew each time, as a till
    with broken memory would. Only what is known already may be answered with 200."""
    entries, dice = a1.entries, random.Random(7)
    pairs = [(entry.signature, entry.body) for entry in entries]
    whole = frames.encode_push(a1.device, 1, 1, pairs)
    raw = codec.decompress(whole, 1 << 20, 1 << 20)
    before = dump_of(a1.served)
    for number in range(260):
        if number < 60:  # the zstd header, then anywhere
            at = number if number < 20 else dice.randrange(len(whole))
            body = whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
        else:
            at = number if number < 200 else dice.randrange(len(raw))  # header, lengths, signature
            body = codec.compress(raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :])
        response = a1.call("POST", wire.PUSH, body, wire.MEDIA_PUSH)
        if response.status_code == 200:
            found = msgspec.json.decode(response.content)["results"]
            assert {result["status"] for result in found} <= {"exists"}
        else:
            assert response.status_code in CLEAR, response.content
            problem(response)
    assert changed(before, dump_of(a1.served)) == set()


def test_pushes_that_are_not_this_tills_next(a1: TestTill) -> None:
    desk = a1.desk
    after, beyond = desk.sale(ANNA, [100]), desk.sale(ANNA, [200])
    with TestTill(a1.served, "B1") as b1:
        before = dump_of(a1.served)  # B1 has joined
        assert problem(a1.send([beyond])) == (409, "gap")
        foreign = b1.desk.sale(ANNA, [100])
        body = frames.encode_push(a1.device, 1, 7, [(foreign.signature, foreign.body)])
        assert problem(a1.call("POST", wire.PUSH, body, wire.MEDIA_PUSH)) == (401, "signature")
        body = frames.encode_push(a1.device, 1, 7, [(after.signature, after.body)])
        assert problem(b1.call("POST", wire.PUSH, body, wire.MEDIA_PUSH)) == (401, "key_id")
        assert changed(before, dump_of(a1.served)) == set()
        a1.push(after, beyond)


def test_nonces(a1: TestTill) -> None:
    """Head office's own, for this till, and not too old."""
    entry = a1.desk.sale(ANNA, [100])
    body = frames.encode_push(a1.device, 1, 7, [(entry.signature, entry.body)])
    secret, now_s = a1.served.head_office.keys.nonce_key, int(time.time())
    before = dump_of(a1.served)
    for nonce in (
        OWN_NONCE,
        make_nonce(secret, NOBODY, now_s, bytes(8)),
        make_nonce(secret, a1.device, now_s - wire.NONCE_TTL_S - 60, bytes(8)),
        make_nonce(secret, a1.device, now_s + 3600, bytes(8)),
        make_nonce(bytes(32), a1.device, now_s, bytes(8)),
    ):
        made = sign_request(a1.signer, "POST", wire.PUSH, body, nonce, 1, 1)
        headers = {**made, "content-type": wire.MEDIA_PUSH}
        assert problem(a1.http.post(wire.PUSH, content=body, headers=headers)) == (401, "nonce")
        del headers["Signature-Input"]
        response = a1.http.post(wire.PUSH, content=body, headers=headers)
        assert problem(response) == (401, "unsigned")
    assert changed(before, dump_of(a1.served)) == set()


def test_names_no_database_likes(a1: TestTill) -> None:
    token = {"authorization": f"Bearer {a1.served.head_office.keys.admin_token}"}
    before = dump_of(a1.served)
    codes = []
    for text in NASTY:
        asks = {
            wire.MEMBER: {"by": "token", "value": text},
            wire.ENROL: {"code": text, "nonce": text, "app": text, "machine": text},
            wire.HELLO: {"protocols": [text], "app": text, "device": text, "boot": text},
            wire.AUTH: {"entry_id": text, "member": text, "debit": {"points": text}},
        }
        for target, ask in asks.items():
            codes.append(a1.call("POST", target, msgspec.json.encode(ask)).status_code)
        for method, target, ask in (
            ("PUT", "/v1/admin/places", {"dealers": [{"dealer": text, "name_zh": text}]}),
            ("PUT", "/v1/admin/products", [{"sku": text, "barcode": text, "tag_minor": text}]),
            ("POST", "/v1/admin/codes", {"till": text}),
            ("POST", "/v1/admin/clearing", {"label": text, "by": text}),
            ("PUT", "/v1/admin/clock", {"now_ms": text}),
        ):
            codes.append(a1.http.request(method, target, json=ask, headers=token).status_code)
        for path in ("clearing/{}", "clearing/{}/lines.csv", "members/{}", "clearing/{}/lines/1"):
            target = "/v1/admin/" + path.format(httpx.QueryParams({"x": text[:200]})["x"].strip())
            url = httpx.URL(a1.served.base).copy_with(path=target.replace("\0", "%00"))
            codes.append(a1.http.get(url, headers=token).status_code)
    assert set(codes) <= CLEAR | {200}
    assert changed(before, dump_of(a1.served)) == set()


@pytest.mark.parametrize("number", ["true", "1e3", "1.0", '"5"', "null", "-1", "9" * 5000])
def test_amounts_are_whole_numbers_and_nothing_else(plain_hq: Running, number: str) -> None:
    token = {"authorization": f"Bearer {plain_hq.head_office.keys.admin_token}"}
    body = (
        '[{"sku":"S","barcode":"1","name_zh":"a","name_en":"a","tag_minor":' + number + "}]"
    ).encode()
    before = dump_of(plain_hq)
    json = {**token, "content-type": "application/json"}
    assert (
        httpx.put(plain_hq.base + "/v1/admin/products", content=body, headers=json).status_code
        in CLEAR
    )
    clock = b'{"now_ms":' + number.encode() + b"}"
    assert (
        httpx.put(plain_hq.base + "/v1/admin/clock", content=clock, headers=json).status_code
        in CLEAR
    )
    assert changed(before, dump_of(plain_hq)) == set()


def said(served: Running, *pieces: bytes, wait_s: float = 10) -> bytes:
    """What head office answers to bytes on a socket."""
    found = b""
    with socket.create_connection(("127.0.0.1", served.port), wait_s) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
        except OSError:
            pass  # it has hung up on us, which is an answer
        try:
            while b"\r\n\r\n" not in found:
                got = line.recv(65_536)
                if not got:
                    break
                found += got
        except OSError:
            return found
    return found


HEAD = b"%s %s HTTP/1.1\r\nHost: x\r\n"
RAW = (
    b"GARBAGE\r\n\r\n",
    bytes(1000),
    random.Random(1).randbytes(100_000),
    b"GET /v1/health HTTP/9.9\r\n\r\n",
    HEAD % (b"POST", b"/v1/push") + b"Content-Length: 99999999999999999999\r\n\r\n",
    HEAD % (b"POST", b"/v1/push") + b"Content-Length: -5\r\n\r\n",
    HEAD % (b"POST", b"/v1/hello") + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    HEAD % (b"POST", b"/v1/push") + b"Transfer-Encoding: chunked\r\n\r\nzzzz\r\n",
    HEAD % (b"GET", b"/v1/feed") + b"Signature-Input: \xff\xfe\r\n\r\n",
    HEAD % (b"GET", b"/v1/health\xff") + b"\r\n",
    HEAD % (b"GET", b"/%ff%00") + b"\r\n",
    HEAD % (b"POST", b"/v1/push") + b"Content-Type: \xff\r\n\r\n",
    HEAD % (b"POST", b"/v1/push") + b"Content-Type: application/vnd.guibin.push+zstd\r\n"
    b"Content-Length: 900000000\r\n\r\n",
)


@pytest.mark.parametrize("number", range(len(RAW)))
def test_bytes_that_are_no_request(plain_hq: Running, number: int) -> None:
    answer = said(plain_hq, RAW[number])
    assert answer.startswith(b"HTTP/1.1 4"), answer[:80]
    assert httpx.get(f"{plain_hq.base}/v1/health").status_code == 200


def watched(work: Iterable[object]) -> int:
    """Bytes by which this process, in which head office runs, grew at most while `work` went on."""
    process, over = psutil.Process(), threading.Event()
    start = process.memory_info().rss
    most = [start]

    def watch() -> None:
        while not over.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in work:
        pass
    over.set()
    watcher.join()
    return most[0] - start


def test_a_stranger_cannot_fill_the_memory(plain_hq: Running) -> None:
    """Planted bug: without `bounds.Bounded` head office reads all 96 MiB before it asks who sent
    them."""
    piece, pieces = bytes(1 << 20), 96
    answers: list[bytes] = []

    def flood(head: bytes) -> Iterator[None]:
        length = b"Content-Length: %d\r\n\r\n" % (pieces << 20)
        answers.append(said(plain_hq, head + length, *[piece] * pieces))
        yield

    places = HEAD % (b"PUT", b"/v1/admin/places") + b"Content-Type: application/json\r\n"
    token = b"Authorization: Bearer %s\r\n" % plain_hq.head_office.keys.admin_token.encode()
    push = HEAD % (b"POST", b"/v1/push") + b"Content-Type: application/vnd.guibin.push+zstd\r\n"
    for head, status in ((places, b" 401"), (places + token, b" 413"), (push, b" 413")):
        assert watched(flood(head)) < 32 << 20
        assert status in answers.pop()[:20]


def test_an_admin_body_without_a_length_is_bounded_too(
    plain_hq: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_ADMIN_BYTES", 1000)
    token = {"authorization": f"Bearer {plain_hq.head_office.keys.admin_token}"}
    json = {**token, "content-type": "application/json"}

    def parts() -> Iterator[bytes]:
        yield b"["
        yield from [b" " * 100] * 20
        yield b"]"

    response = httpx.put(f"{plain_hq.base}/v1/admin/products", content=parts(), headers=json)
    assert problem(response) == (413, "body_too_large")
    few = httpx.put(
        f"{plain_hq.base}/v1/admin/products", content=b"[" + b" " * 99 + b"]", headers=json
    )
    assert few.status_code == 200


def test_a_body_that_comes_too_slowly(plain_hq: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.headoffice.api import bodies

    monkeypatch.setattr(bounds, "BODY_DEADLINE_S", 0.2)
    monkeypatch.setattr(bodies, "BODY_DEADLINE_S", 0.2)
    token = b"Authorization: Bearer %s\r\n" % plain_hq.head_office.keys.admin_token.encode()
    slow = b"Content-Length: 10\r\n\r\n12"
    admin = HEAD % (b"PUT", b"/v1/admin/places") + b"Content-Type: application/json\r\n" + token
    hello = HEAD % (b"POST", b"/v1/hello") + b"Content-Type: application/vnd.guibin+json\r\n"
    began = time.monotonic()
    assert b" 408" in said(plain_hq, admin + slow)[:20]
    assert b" 400" in said(plain_hq, hello + slow)[:20]
    assert time.monotonic() - began < 5


def test_authorisations_of_nonsense_hold_nothing(a1: TestTill) -> None:
    before = dump_of(a1.served)
    for ask in (
        b'{"entry_id":"x","member":"y","debit":{}}',
        b'{"entry_id":"%s","member":"%s","debit":{"points":-1}}',
        b'{"entry_id":"%s","member":"%s","debit":{"points":1e2}}',
        b'{"entry_id":"%s","member":"%s","debit":{"points":1},"unknown":1}',
        b'{"entry_id":"%s","member":"%s","debit":{"points":99999999999999999999}}',
    ):
        ids = (str(member_id(8)).encode(), str(ANNA).encode())
        response = a1.call("POST", wire.AUTH, ask % ids if b"%s" in ask else ask)
        assert problem(response) == (400, "json_unreadable")
    assert changed(before, dump_of(a1.served)) == set()
    largest = AuthAsk(member_id(8), ANNA, Debits(points=(1 << 63) - 1))
    answer = msgspec.json.decode(good(a1.ask(wire.AUTH, largest)).content)
    assert (answer["answer"], answer["code"]) == ("refused", "points_short")
    whole = AuthAsk(member_id(9), ANNA, Debits(1, 1, (1 << 63) - 1, (1 << 63) - 1))
    answer = msgspec.json.decode(good(a1.ask(wire.AUTH, whole)).content)
    assert (answer["answer"], answer["code"]) == ("refused", "stored_value_short")
