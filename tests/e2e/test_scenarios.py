"""Every scenario of ours, played by real processes, against figures worked out by hand.

The figures stand in the comments of each file too, with the arithmetic; here they are written down
a second time, so that neither the file's own expectations nor the player is believed alone. Money
in fen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.conftest import Shows

Balances = tuple[int, int, int]  # points, principal, bonus


@dataclass(frozen=True)
class Figures:
    """What must come out: members' balances; (pays, receives, own) of each dealer, the other
    dealers nothing; refusals by step; exceptions."""

    members: dict[str, Balances]
    dealers: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    exceptions: tuple[str, ...] = ()


SEEN = Figures({"xia": (50, 0, 0)}, {"A": (0, 12_50, 12_50), "B": (12_50, 0, 0)})
UNSEEN = Figures({"xia": (550, 0, 0)}, refused={"spend": "points_short"})

BY_HAND = {
    "gift-two-dealers": Figures(  # golden case 4
        {"zhou": (0, 0, 0)}, {"A": (30_00, 0, 0), "B": (0, 50_00, 0), "C": (20_00, 0, 0)}
    ),
    "stored-value-two-dealers": Figures(  # golden case 8
        {"gu": (90, 209_10, 20_91)}, {"A": (90_90, 0, 0), "B": (0, 90_90, 9_09)}
    ),
    "earn-ratios": Figures({"shen": (1098, 0, 0)}),  # golden cases 1, 5
    "joining": Figures(  # golden case 2
        {"du": (3090, 0, 0), "ye": (2999, 0, 0)},
        refused={"join-1": "not_eligible", "join-3": "not_eligible", "join-5": "not_eligible"},
    ),
    "points-tender": Figures(  # golden case 3
        {"su": (1290, 0, 0)},
        {"A": (75_00, 0, 25_00), "B": (0, 25_00, 0), "C": (0, 50_00, 0)},
        {
            "share": "points_above_share",
            "multiple": "points_not_multiple",
            "not-here": "points_tender_not_here",
        },
    ),
    "parts-sum": Figures(  # golden case 5
        {"ding": (0, 0, 0)}, {"A": (0, 6_66, 3_34), "B": (3_33, 0, 0), "C": (3_33, 0, 0)}
    ),
    "leases": Figures(  # FL-27, invariants 14 to 16
        {"lin": (330, 0, 0)},
        {"A": (250_00, 0, 80_00), "B": (0, 250_00, 0)},
        {"leased": "stored_value_short"},
    ),
    "losses": Figures(  # FL-27, pitfall 1
        {"shen": (0, 0, 0)},
        {"A": (50_00, 50_00, 0), "B": (0, 50_00, 0), "C": (50_00, 0, 0), "HQ": (50_00, 50_00, 0)},
        exceptions=("overdraft",),
    ),
    "lot-order": Figures(  # golden case 6
        {"ren": (100, 0, 0)}, {"A": (15_00, 0, 0), "B": (10_00, 0, 0), "C": (0, 25_00, 5_00)}
    ),
    "deeper-price": Figures(  # golden cases 8, 10
        {"fang": (4151, 0, 0)}, {"A": (304_07, 0, 0), "B": (0, 304_07, 20_93)}
    ),
    "facts-stay": Figures(  # golden case 13
        {"tan": (100, 0, 0)},
        {"A": (0, 50_00, 0), "B": (0, 35_00, 15_00), "C": (85_00, 0, 0)},
        {"gift-c": "points_short"},
        ("overdraft", "rule_mismatch"),
    ),
    "offline-limits": Figures(  # design 5, sync-ledger 2.10
        {"meng": (3880, 1120_00, 0)},
        {"A": (140_00, 0, 0), "B": (0, 140_00, 0)},
        {
            "gift-1": "approver_needed",
            "gift-3": "offline_card_day",
            "sale-1": "offline_not_authenticated",
            "top-up-1": "approver_needed",
            "top-up-2": "offline_top_up",
        },
    ),
    "kills": Figures(
        {"wan": (40, 0, 0), "qin": (3000, 0, 0)}, {"A": (50_00, 0, 0), "B": (0, 50_00, 0)}
    ),
    "offers": Figures(  # golden case 18, FL-41 to FL-44
        {"mei": (5008, 0, 0)},
        refused={
            "again": "coupon_used",
            "voided": "coupon_unknown",
            "word-again": "override_used",
        },
        exceptions=("coupon_used_twice",),
    ),
    "mall": Figures(  # FL-32 to FL-34
        {"tang": (6624, 500_00, 0)},
        refused={
            "twice": "mall_slip_used",
            "no-slip": "mall_slip_needed",
            "cash": "tender_not_here",
            "stored": "stored_value_not_here",
            "no-mall": "tender_not_here",
        },
    ),
    "return-restores": Figures(  # golden case 9
        {"su": (3000, 0, 0)},
        {"A": (-25_00, 90_00, 0), "B": (90_00, -25_00, 0)},
        {"third": "return_above_original"},
    ),
    "return-spent": Figures(  # golden case 15
        {"mei": (0, 0, 0)},
        {"A": (50_00, 50_00, 0), "B": (0, 50_00, 0), "C": (50_00, 0, 0)},
        {"another": "points_short"},
    ),
    "exchanges": Figures({"huang": (350, 0, 0)}),  # golden case 9
    "top-up-cancelled": Figures(  # pitfalls 18, 19
        {"long": (90, 0, 0), "liu": (0, 0, 0)},
        {"A": (300_00, 200_00, 0), "B": (0, 209_09, 0), "C": (200_00, 90_91, 9_09)},
        {"alone": "approver_needed", "late": "cancel_too_late"},
    ),
    "levels": Figures(  # golden case 7; FL-18, FL-23, FL-27, FL-28
        {"lin": (7990, 0, 0), "zhou": (100, 0, 0)}, refused={"alone": "approver_needed"}
    ),
    "cards": Figures(  # golden cases 11, 19; FL-15, FL-22, FL-35, FL-37
        {"he": (800, 0, 0), "fang": (0, 0, 0), "cao": (100, 400_00, 0), "bai": (100, 0, 0)},
        {"A": (200_00, 20_00, 30_00), "B": (20_00, 100_00, 0), "C": (0, 100_00, 0)},
        {
            "old-card-again": "card_replaced",
            "son-more": "card_limit",
            "found-by-somebody": "card_blocked",
            "cao-old": "card_replaced",
            "cao-early": "card_not_confirmed",
        },
    ),
    "services": Figures(  # golden case 12; FL-07, FL-16
        {"lan": (0, 0, 0)},
        {"A": (60_00, 0, 30_00), "B": (0, 60_00, 0)},
        {"too-soon": "service_step", "again": "service_closed"},
    ),
    "extras": Figures(  # FL-10, FL-12, FL-13, FL-26, FL-55, FL-56, BEST-20, WAT-33
        {"mei": (700, 0, 0), "bo": (0, 0, 0)},
        {"A": (9_00, 15_00, 15_00), "B": (0, 10_00, 0), "C": (25_00, 0, 0), "HQ": (0, 9_00, 0)},
        {
            "party-again": "event_already",
            "no-mug": "gift_out_of_stock",
            "no-film": "head_office_only",
            "too-few": "points_short",
        },
    ),
    "prospects": Figures(  # golden case 2; FL-05, FL-06, pitfall 14
        {"xu": (2000, 0, 0)}, refused={"too-early": "not_eligible", "again": "already_member"}
    ),
    "notes": Figures({"wan": (100, 0, 0)}, refused={"nothing": "field_needed"}),  # FL-61
    "day": Figures(
        {"fang": (2580, 227_27, 22_73), "zhang": (3434, 0, 0)},
        {"A": (147_73, 0, 1120_00), "B": (0, 147_73, 7_27)},
        {"one-more": "offline_card_day"},
    ),
}
KILLS = [
    "draft.opened", "commit.before", "commit.after", "print.started", "push.sent", "push.replied",
    "ack.stored", "feed.applied",
]  # fmt: skip


def check(found: dict[str, Any], figures: Figures) -> None:
    """Compare a result with the figures, at head office and at every till."""
    for name, (points, principal, bonus) in figures.members.items():
        member = found["members"][name]
        wanted = {"points": points, "principal": principal, "bonus": bonus}
        assert wanted.items() <= member["headoffice"].items()
        for shown in member["tills"].values():
            assert wanted.items() <= shown["confirmed"].items()
            assert set(shown["pending"].values()) == {0}
    for dealer, position in found["dealers"].items():
        pays, receives, own = figures.dealers.get(dealer, (0, 0, 0))
        wanted = {"pays": pays, "receives": receives, "net": pays - receives, "own": own}
        assert position == wanted, dealer
    assert set(figures.dealers) <= set(found["dealers"])
    assert sum(position["net"] for position in found["dealers"].values()) == 0
    assert {r["step"]: r["code"] for r in found["refusals"]} == figures.refused
    assert sorted(e["code"] for e in found["exceptions"]) == sorted(figures.exceptions)
    check_journals(found)


def check_journals(found: dict[str, Any]) -> None:
    """Every till's file verifies, and head office holds each of its entries once."""
    for till in found["tills"].values():
        assert till["verified"]
        assert till["entries"] == till["head_seq"] == till["acked"] == till["headoffice_entries"]
        assert till["head_hash"] == till["headoffice_head_hash"]
    assert found["disagreements"] == []
    for line in (found["statement"] or {"lines": []})["lines"]:
        assert line["explanation"]["redeemed"]["till"] == line["entry"]["till"]
        assert line["explanation"]["redeemed"]["seq"] == line["entry"]["seq"]


@pytest.mark.parametrize("name", BY_HAND)
def test_a_scenario_ends_as_worked_out_by_hand(shows: Shows, name: str) -> None:
    code, said, found = shows.result(name)
    assert code == 0, said
    check(found, BY_HAND[name])
    assert all(expectation["held"] for expectation in found["expectations"])


def test_late_sync_ends_the_same_in_every_order_and_batching(shows: Shows) -> None:
    code, said, found = shows.result("late-sync")
    assert code == 0, said
    plays = found["plays"]
    assert len({(*play["order"], play["batch"]) for play in plays}) == len(plays) == 12
    for play in plays:
        seen = play["order"].index("spend") == 2
        assert play["variant"] == ("seen" if seen else "unseen")
        check(play, SEEN if seen else UNSEEN)
        assert all(refusal["online"] for refusal in play["refusals"])
    assert {play["order"].index("spend") for play in plays} == {0, 1, 2}


def test_the_same_goods_taken_back_twice_end_the_same_but_for_who_came_first(shows: Shows) -> None:
    """Golden case 9: the surplus is an exception, its cash stays with that dealer."""
    code, said, found = shows.result("returned-twice")
    assert code == 0, said
    for play in found["plays"]:
        first = "B" if play["order"] == ["sync-b", "sync-c"] else "C"
        dealers = {"A": (150_00, 0, 0), first: (0, 150_00, 0)}
        check(play, Figures({"bai": (0, 0, 0)}, dealers, exceptions=("already_reversed",)))
    assert len(found["plays"]) == 4


@pytest.mark.parametrize("name", ["day", "kills"])
def test_a_till_was_killed_at_every_step_and_came_back(shows: Shows, name: str) -> None:
    _, said, found = shows.result(name)
    killed = {
        point: happened["recovered"]
        for happened in found["operations"]
        for point in happened["killed_at"]
    }
    assert sorted(killed) == sorted(KILLS), said
    for point in ("draft.opened", "commit.before"):
        assert killed[point] == ["resumed"]
    for point in ("commit.after", "print.started"):
        assert killed[point] == ["reprinted"]
    for point in KILLS[4:]:
        assert killed[point] == ["repeated"]


def test_an_operation_told_as_data_goes_on_after_a_kill_and_is_answered(shows: Shows) -> None:
    _, said, found = shows.result("notes")
    steps = {happened["step"]: happened for happened in found["operations"]}
    assert (steps["resumed"]["killed_at"], steps["resumed"]["recovered"]) == (
        ["draft.opened"],
        ["resumed"],
    ), said
    assert (steps["there"]["killed_at"], steps["there"]["recovered"]) == (
        ["commit.after"],
        ["found"],
    )
    assert steps["says"]["answer"] == {"about": "product_feedback"}
    assert (steps["again"]["till"], steps["again"]["answer"]) == ("headoffice", {"posted": 0})


def test_the_demo_days_gift_leads_from_the_statement_to_the_scan(shows: Shows) -> None:
    _, _, found = shows.result("day")
    [line] = [row for row in found["statement"]["lines"] if row["kind"] == "gift"]
    assert (line["pays"], line["receives"], line["amount"]) == ("A", "B", 50_00)
    why = line["explanation"]
    [gift] = [o for o in found["operations"] if o["step"] == "gift"]
    assert (why["redeemed"]["till"], why["redeemed"]["seq"]) == ("B1-1", gift["seq"])
    [joined] = [o for o in found["operations"] if o["step"] == "first"]
    assert (why["earned"]["till"], why["earned"]["seq"]) == ("A1-1", joined["seq"])
    assert why["claim"] == {"units": 1000, "amount": 50_00}
    assert len(why["card_tail"]) == 4


def test_every_scenario_of_ours_has_figures_here(shows: Shows) -> None:
    names = {path.stem for path in shows.files}
    assert names == {*BY_HAND, "late-sync", "returned-twice"}
