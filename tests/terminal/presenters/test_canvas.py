"""A canvas draws what is seen: nothing hidden, nothing twice, everything after a touch."""

from __future__ import annotations

from terminal.presenters.canvas import Canvas, draw
from terminal.text import Text


def test_a_view_is_drawn_once_until_it_differs() -> None:
    drawn: list[str] = []
    canvas = Canvas(drawn.append, Text(), on_show=True)
    for view in ("a", "a", "b", "a"):
        canvas(view)
    assert drawn == ["a", "b", "a"]


def test_after_a_touch_the_same_view_is_drawn_again() -> None:
    drawn: list[str] = []
    canvas = Canvas(drawn.append, Text(), on_show=True)
    canvas("a")
    canvas.touched("typed and refused")
    canvas("a")
    assert drawn == ["a", "a"]


def test_another_language_is_another_view() -> None:
    drawn: list[str] = []
    text = Text()
    canvas = Canvas(drawn.append, text, on_show=True)
    canvas("a")
    text.switch("en")
    canvas("a")
    assert drawn == ["a", "a"]


def test_a_hidden_screen_is_not_worked_out_but_comes_as_it_then_is() -> None:
    drawn: list[str] = []
    asked: list[str] = []
    canvas = Canvas(drawn.append, Text())

    def view(words: str) -> str:
        asked.append(words)
        return words

    draw(canvas, lambda: view("old"))
    draw(canvas, lambda: view("new"))
    assert (asked, drawn) == ([], [])
    canvas.come(on_show=True)
    assert (asked, drawn) == (["new"], ["new"])
    canvas.come(on_show=False)
    draw(canvas, lambda: view("hidden"))
    assert drawn == ["new"]


def test_anything_else_that_renders_is_always_drawn() -> None:
    drawn: list[str] = []
    for _ in range(2):
        draw(drawn.append, lambda: "a")
    assert drawn == ["a", "a"]
