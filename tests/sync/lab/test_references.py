"""What "@..." in a field stands for."""

import pytest

from sync.lab.records import Happened
from sync.lab.references import UnresolvedError, references, resolved

SALE = Happened(0, "sale", "sell", "A1-1", 0, seq=17, qr="gb1:abc")
ASKED = Happened(1, "asked", "office", "headoffice", 0, answer={"order": "S-1"})
HAPPENED = (SALE, ASKED, Happened(2, "no", "operate", "A1-1", 0, "refused", code="not_here"))
MEMBERS = {"lin": "0199-id"}
CARDS = {"lin": "6688000000001004"}


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("@sale", "A1-1-000017"),
        ("@qr:sale", "gb1:abc"),
        ("@answer:asked:order", "S-1"),
        ("@member:lin,@card:lin", "0199-id,6688000000001004"),
        ("see @sale please", "see A1-1-000017 please"),
        ("chen@example.org", "chen@example.org"),
        (12, "12"),
        (True, "yes"),
        (False, ""),
    ],
)
def test_a_word_stands_for_what_was_made(text: str | int | bool, stands_for: str) -> None:
    assert resolved(text, HAPPENED, MEMBERS, CARDS) == stands_for


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("@later", "later was not played before this step"),
        ("@no", "no made no entry: refused not_here"),
        ("@qr:no", "no has no receipt with a QR code"),
        ("@answer:asked:x", "asked answered no 'x'"),
        ("@member:du", "du never became a member"),
    ],
)
def test_what_is_not_there_is_said(text: str, why: str) -> None:
    with pytest.raises(UnresolvedError, match=why):
        resolved(text, HAPPENED, MEMBERS, CARDS)


def test_a_value_names_what_it_refers_to() -> None:
    assert references("@sale and @member:lin") == [("", "sale"), ("member", "lin")]
    assert references(3) == []
