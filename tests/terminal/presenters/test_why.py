"""Every kind, issue and rule has its words, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sync.domain
from sync.domain.books import Issue
from sync.domain.journal import KINDS
from terminal.text import LANGUAGES, Language, Text

RULE = re.compile(r'Step\(\s*f?"([a-z_]+\.[a-z_.]+)"')
DOMAIN = Path(sync.domain.__file__).parent


def rules() -> list[str]:
    """Ids of every step the rules leave, as they stand in the code."""
    found = {m for file in DOMAIN.glob("*.py") for m in RULE.findall(file.read_text())}
    assert len(found) > 10
    return sorted(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_kind_and_issue_has_words(language: Language) -> None:
    text = Text(language)
    wanted = [
        *(f"why.{rule}" for rule in rules()),
        *(f"rule.{rule}" for rule in rules()),
        *(f"entry.{kind}" for kind in KINDS),
        *(f"issue.{issue.value}" for issue in Issue),
    ]
    assert [code for code in wanted if not text.has(code)] == []
