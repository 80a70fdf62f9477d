"""Notes about a member."""

import pytest

from sync.domain.notes import ABOUT, MAX_CHARS, NoteData, NoteText, note
from sync.domain.refusals import Code, refuse


@pytest.mark.parametrize("about", ABOUT)
def test_a_note_says_what_it_is_about_and_keeps_its_text_apart(about: str) -> None:
    """Rows: FL-61 (product feedback is one of them)."""
    assert note(about, " silk feels rough ") == (NoteData(about), NoteText("silk feels rough"))
    assert "product_feedback" in ABOUT


def test_a_note_has_a_text_of_at_most_five_hundred_characters() -> None:
    """Rows: FL-61."""
    assert note(ABOUT[0], "好" * MAX_CHARS) == (NoteData(ABOUT[0]), NoteText("好" * MAX_CHARS))
    assert note(ABOUT[0], "好" * (MAX_CHARS + 1)) == refuse(Code.FIELD_INVALID, field="text")
    assert note(ABOUT[0], "  ") == refuse(Code.FIELD_NEEDED, field="text")
    assert note("weather", "rain") == refuse(Code.FIELD_INVALID, field="about")
