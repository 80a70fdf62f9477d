"""docs/scenarios.md says every key there is, and its example is a story that can be played."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from sync.domain.programme import Programme
from sync.lab import chain
from sync.lab.checking import read
from sync.lab.scenario import KILL_POINTS, STEP_TYPES, Head, Line, Orders, Variant

DOCS = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text(encoding="utf-8")
TABLES: tuple[type[msgspec.Struct], ...] = (
    *STEP_TYPES,
    *(Head, Line, Orders, Variant, Programme),
    *(chain.Dealer, chain.Store, chain.Till, chain.Product, chain.Staff, chain.Member),
    *(chain.Opening, chain.Crowd, chain.Cards),
)


def keys_of(kind: type) -> Iterator[str]:
    """Keys of a table and of the tables inside it; amounts by their name in yuan."""
    waiting = [inspect.type_info(kind)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, inspect.StructType):
            for field in info.fields:
                yield field.encode_name.removesuffix("_minor")
                waiting.append(field.type)
        elif isinstance(info, inspect.VarTupleType):
            waiting.append(info.item_type)
        elif isinstance(info, inspect.UnionType):
            waiting.extend(info.types)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_key_is_documented(kind: type[msgspec.Struct]) -> None:
    prose = re.sub(r"```.*?```", "", DOCS, flags=re.DOTALL)
    written = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert set(keys_of(kind)) <= written


def test_every_step_and_every_kill_point_is_documented() -> None:
    for kind in STEP_TYPES:
        assert f"`{kind.__struct_config__.tag}`" in DOCS
    for point in KILL_POINTS:
        assert f"`{point}`" in DOCS


def test_the_example_is_a_story(scenario_file: Callable[[str], Path]) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert len(read(scenario_file(example)).steps) == 7
