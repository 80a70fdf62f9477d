"""What nobody of ours sends: clear 4xx, nothing changed, no 5xx (goal 5 of the issue)."""

from __future__ import annotations

import os
import random

import httpx
import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sync.headoffice.api.bodies import TIME_HEADER
from sync.headoffice.service import Settings
from sync.headoffice.serving import Running, running
from sync.protocol import codec, frames, wire
from sync.protocol.messages import AuthAsk, Debits
from sync.protocol.requests import sign_request
from tests.helpers.servers import START_MS, set_up
from tests.helpers.tills import OWN_NONCE, TestTill, furnish, good, problem
from tests.sync.domain.making import member_id
from tests.sync.headoffice.posting.test_push import ANNA, five, state_of, without_seen

CLEAR = {400, 401, 403, 404, 405, 409, 410, 413, 415, 422}
TARGETS = (
    ("POST", wire.ENROL_BEGIN),
    ("POST", wire.ENROL),
    ("POST", wire.HELLO),
    ("POST", wire.NONCE),
    ("POST", wire.PUSH),
    ("GET", wire.FEED),
    ("GET", wire.SNAPSHOT),
    ("GET", "/v1/snapshot/x/0"),
    ("POST", wire.AUTH),
    ("POST", wire.MEMBER),
    ("POST", wire.ORIGINAL),
    ("GET", "/v1/nothing"),
    ("DELETE", wire.PUSH),
    ("POST", "/v1/admin/codes"),
    ("PUT", "/v1/admin/places"),
    ("POST", "/v1/admin/operations/redrive"),
)


def deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def squeezed(raw: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(raw)


GARBAGE = {
    "a million random bytes": random.Random(1).randbytes(1_000_000),
    "a bomb": squeezed(bytes(40_000_000)),
    "zstd of nothing": squeezed(b""),
    "random bytes": random.Random(2).randbytes(3_000),
    "deep nesting": deep(20_000),
    "deep nesting, squeezed": squeezed(b"\0\0\x01\0" + deep(128)),
    "half a batch": squeezed(b"\0\0\0\x05{}"),
    "nothing": b"",
    "html": b"<html>",
    "huge number": b'{"device":' + b"9" * 4_000 + b"}",
    "wrong types": b'{"protocols":{},"device":7,"entry_id":[],"member":{},"by":1,"code":null}',
    "not utf-8": b'{"by":"member","value":"\xff"}',
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_is_refused_everywhere(a1: TestTill, what: str) -> None:
    a1.push(*five(a1))
    before = state_of(a1.served)
    body = GARBAGE[what]
    for method, target in TARGETS:
        for media in (wire.MEDIA_JSON, wire.MEDIA_PUSH, "text/plain"):
            for response in (
                a1.http.request(method, target, content=body, headers={"content-type": media}),
                a1.call(method, target, body, media),
            ):
                if response.status_code == 200:
                    assert target in (wire.ENROL_BEGIN, wire.SNAPSHOT)
                    assert body == b""
                    continue
                assert response.status_code in CLEAR, (method, target, media, response.content)
                problem(response)
    assert without_seen(state_of(a1.served)) == without_seen(before)


def test_requests_that_are_not_signed_as_agreed(a1: TestTill) -> None:
    ask = codec.encode(AuthAsk(member_id(9), ANNA, Debits(points=1)))
    made = sign_request(a1.signer, "POST", wire.AUTH, ask, a1.nonce, 90, 1)
    json = {"content-type": wire.MEDIA_JSON}

    def code(body: bytes, headers: dict[str, str]) -> str:
        return problem(a1.http.post(wire.AUTH, content=body, headers={**json, **headers}))[1]

    assert code(ask, {}) == "unsigned"
    assert code(ask + b" ", made) == "digest"
    assert code(ask, {**made, "Signature": "guibin=:" + "A" * 86 + "==:"}) == "signature"
    other = made["Signature-Input"].replace(str(a1.device), str(member_id(5)))
    assert code(ask, {**made, "Signature-Input": other}) == "key_unknown"
    stale = sign_request(a1.signer, "POST", wire.AUTH, ask, OWN_NONCE, 1, 1)
    assert code(ask, stale) == "nonce"


def test_an_authorisation_is_taken_once(a1: TestTill) -> None:
    a1.push(*five(a1))
    ask = codec.encode(AuthAsk(member_id(9), ANNA, Debits(points=1)))
    made = sign_request(a1.signer, "POST", wire.AUTH, ask, a1.nonce, 90, 1)
    headers = {"content-type": wire.MEDIA_JSON, **made}
    good(a1.http.post(wire.AUTH, content=ask, headers=headers))
    again = a1.http.post(wire.AUTH, content=ask, headers=headers)
    assert problem(again) == (401, "replayed")


SENSELESS = (
    "",
    "?cursor=",
    "?cursor=1",
    "?cursor=1.x",
    "?cursor=0.0",
    "?cursor=1.0&limit=0",
    "?cursor=1.0&wait=-1",
    "?cursor=1.0&limit=99999999999999999999",
    "?cursor=1.0&limit=%00",
)


@pytest.mark.parametrize("query", SENSELESS)
def test_feed_questions_that_make_no_sense(a1: TestTill, query: str) -> None:
    assert problem(a1.call("GET", wire.FEED + query))[0] in (400, 401)


def test_cursors_of_another_history_are_gone(a1: TestTill) -> None:
    assert problem(a1.call("GET", wire.FEED + "?cursor=2.0")) == (410, "hq_epoch")
    assert problem(a1.call("GET", wire.FEED + "?cursor=1.999999")) == (410, "cursor_ahead")


def test_values_no_database_takes(a1: TestTill) -> None:
    for value in ("\0", "a" * 64, "\ud7ff"):
        for by in ("member", "token", "phone_key"):
            body = msgspec.json.encode({"by": by, "value": value})
            response = a1.call("POST", wire.MEMBER, body)
            assert response.status_code in (200, 422), response.content


def test_injected_time_is_for_scenarios_only(a1: TestTill) -> None:
    headers = {TIME_HEADER: str(START_MS)}
    assert good(a1.http.post(wire.ENROL_BEGIN, headers=headers)).status_code == 200
    for nonsense in ("", "-1", "soon", "9" * 30):
        response = a1.http.post(wire.ENROL_BEGIN, headers={TIME_HEADER: nonsense})
        assert problem(response) == (400, "time_unreadable")


def test_outside_a_scenario_no_time_is_taken(tmp_path: os.PathLike[str]) -> None:
    from pathlib import Path

    made = set_up(Path(tmp_path) / "hq", scenario=False)
    with running(made, tls=False) as served, httpx.Client(base_url=served.base) as http:
        response = http.post(wire.ENROL_BEGIN, headers={TIME_HEADER: str(START_MS)})
        assert problem(response) == (400, "time_not_accepted")
        token = {"authorization": f"Bearer {served.head_office.keys.admin_token}"}
        response = http.put("/v1/admin/clock", json={"now_ms": START_MS}, headers=token)
        assert problem(response) == (422, "time_not_accepted")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of one head office for many examples."""
    return set_up(tmp_path_factory.mktemp("lasting") / "hq")


def test_any_change_of_a_batch_is_refused_or_known(lasting: Settings) -> None:
    with running(lasting, tls=False) as served:
        furnish(served)
        with TestTill(served, "A1") as till:
            entries = five(till)
            till.push(*entries)
            before = without_seen(state_of(served))
            pairs = [(entry.signature, entry.body) for entry in entries]
            raw = codec.decompress(frames.encode_push(till.device, 1, 1, pairs), 1 << 20, 1 << 20)

            @examples(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
            @given(at=st.integers(0, len(raw) - 1), to=st.integers(0, 255), cut=st.booleans())
            def change(at: int, to: int, cut: bool) -> None:  # hypothesis gives it
                changed = raw[:at] if cut else raw[:at] + bytes([to]) + raw[at + 1 :]
                response = till.call("POST", wire.PUSH, squeezed(changed), wire.MEDIA_PUSH)
                assert response.status_code == 200 or response.status_code in CLEAR
                if response.status_code == 200:
                    reply = msgspec.json.decode(response.content)
                    assert {r["status"] for r in reply["results"]} == {"exists"}

            change()
            assert without_seen(state_of(served)) == before


def test_operations_ask_for_the_token_and_for_their_fields(chain: Running) -> None:
    token = {"authorization": f"Bearer {chain.head_office.keys.admin_token}"}
    target = "/v1/admin/operations/redrive"
    with httpx.Client(base_url=chain.base) as http:
        assert problem(http.post(target, json={"by": "ann"})) == (401, "admin_token")
        asked = http.post(target, json={"by": "ann", "fields": {}}, headers=token)
        assert (asked.status_code, asked.json()) == (200, {"posted": 0})
        listed = http.get("/v1/admin/operations", headers=token).json()
        assert {"name": "redrive", "fields": {}, "optional": []} in listed
        for body, wanted in (
            ({}, (422, "invalid")),
            ({"by": "ann", "fields": {"x": "1"}}, (422, "field_unknown")),
            ({"by": "ann", "fields": {"x": 1}}, (422, "invalid")),
            ({"by": "ann", "more": 1}, (422, "invalid")),
        ):
            assert problem(http.post(target, json=body, headers=token)) == wanted
        nowhere = http.post("/v1/admin/operations/nothing", json={"by": "ann"}, headers=token)
        assert problem(nowhere) == (404, "operation_unknown")


def test_admin_routes_ask_for_the_token_and_for_sense(chain: Running) -> None:
    token = {"authorization": f"Bearer {chain.head_office.keys.admin_token}"}
    with httpx.Client(base_url=chain.base) as http:
        assert problem(http.get("/v1/admin/devices")) == (401, "admin_token")
        assert http.get("/v1/admin/devices", headers=token).json() == []
        wrong = {"dealers": [{"dealer": "../x", "name_zh": "", "name_en": ""}]}
        assert problem(http.put("/v1/admin/places", json=wrong, headers=token))[0] == 422
        lost = {"tills": [{"till": "Z1", "store": "nowhere"}]}
        response = http.put("/v1/admin/places", json=lost, headers=token)
        assert problem(response) == (422, "place_unknown")
        assert problem(http.post("/v1/admin/codes", json={"till": "Z9"}, headers=token))[0] == 404
        response = http.post("/v1/admin/programmes", content=b"{}", headers=token)
        assert problem(response) == (422, "programme_unreadable")
        assert http.get("/v1/health").json()["scenario"] is True
        assert http.get("/openapi.json").status_code == 200
