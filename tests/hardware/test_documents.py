from __future__ import annotations

import pytest

from hardware.documents import CopyMark, Paper, ReceiptDocument, Text


def test_a_copy_carries_its_mark_once() -> None:
    document = ReceiptDocument("zh-CN", (Text("小票"),), copy_mark="副本")
    copy = document.as_copy()
    assert copy.blocks == (CopyMark("副本"), Text("小票"))
    assert copy.as_copy() == copy


@pytest.mark.parametrize(
    ("paper", "measures"), [(Paper.MM58, (58, 384, 32)), (Paper.MM80, (80, 576, 48))]
)
def test_rolls(paper: Paper, measures: tuple[int, int, int]) -> None:
    assert (paper.width_mm, paper.dots, paper.columns) == measures
    assert paper.dots == paper.columns * 12
