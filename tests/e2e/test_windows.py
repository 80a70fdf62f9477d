"""The demo day through the real windows, by real key events: the same figures as without them."""

from __future__ import annotations

from PIL import Image

from tests.e2e.conftest import WINDOWS, Shows

SAME = ("dealers", "refusals", "exceptions", "disagreements")
PICTURES = (
    "day-1-sign-in", "day-2-joining-sale", "day-3-stored-value", "day-4-offline", "day-5-gift",
    "day-6-synced",
)  # fmt: skip


def test_the_day_through_windows_ends_as_without_them(shows: Shows) -> None:
    code, said, found = shows.result(WINDOWS)
    assert code == 0, said
    _, _, without = shows.result("day")
    for part in SAME:
        assert found[part] == without[part], part
    for name, member in without["members"].items():
        assert found["members"][name]["headoffice"] == member["headoffice"]
    killed = [point for happened in found["operations"] for point in happened["killed_at"]]
    assert killed == [p for happened in without["operations"] for p in happened["killed_at"]]
    assert found["summary"]["journalled"] == found["summary"]["synced"]
    assert all(till["verified"] for till in found["tills"].values())


def test_it_saves_the_pictures_it_names(shows: Shows) -> None:
    code, said, found = shows.result(WINDOWS)
    assert code == 0, said
    folder = shows.file(WINDOWS) / "screenshots"
    named = [str(folder / f"{name}.png") for name in PICTURES]
    assert found["summary"]["screenshots"] == named
    for path in named:
        assert path in said
        with Image.open(path) as picture:
            assert picture.size == (1366, 768)
            assert len(picture.getcolors(1 << 20) or ()) > 20  # something is drawn


def test_no_window_was_torn_down_badly(shows: Shows) -> None:
    code, said, _ = shows.result(WINDOWS)
    assert code == 0, said
    for log in (shows.file(WINDOWS) / "play").glob("*.log"):
        assert "Fatal" not in log.read_text(encoding="utf-8")
