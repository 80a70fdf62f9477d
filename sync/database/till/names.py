"""Names as people look for them: pinyin and initials, with surnames read as surnames.

Source: pypinyin; the surnames whose reading as a name differs from the common one are our own list.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

# Read differently as a surname: 单 shàn, 曾 zēng, 仇 qiú ...
SURNAMES: Final = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "盖": "ge",
    "朴": "piao", "任": "ren", "华": "hua", "乐": "yue", "尹": "yin", "缪": "miao", "翟": "zhai",
    "冼": "xian", "覃": "qin", "重": "chong", "召": "shao", "万俟": "moqi", "尉迟": "yuchi",
    "长孙": "zhangsun", "单于": "chanyu", "澹台": "tantai", "令狐": "linghu",
}  # fmt: skip


@lru_cache(maxsize=4096)
def spelled(name: str) -> tuple[str, str]:
    """(pinyin, initials) of a name, lower case, no spaces: 曾文静 -> zengwenjing, zwj.

    Latin names keep their letters; their initials are those of the words.
    """
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  # 0.3 s of tables, not at start

    words: list[str] = []
    for word in name.split():
        surname = next((s for s in (word[:2], word[:1]) if s in SURNAMES), "")
        if surname:
            words += [SURNAMES[surname]]
            word = word[len(surname) :]  # noqa: PLW2901  # the rest of it is read as usual
        words += lazy_pinyin(word, style=Style.NORMAL) if word else []
    plain = [folded(word) for word in words]
    return "".join(plain), "".join(word[0] for word in plain if word)


def folded(text: str) -> str:
    """Lower case, letters and digits only: how names and searches for them are compared."""
    return "".join(c for c in text.casefold() if c.isalnum())
