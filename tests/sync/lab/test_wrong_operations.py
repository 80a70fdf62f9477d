"""A wrong `operate` or `office` step is refused with line and reason; so is a setting that would
take an amount's short name."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from sync.domain.programme import Programme
from sync.lab.checking import read
from sync.lab.reading import ScenarioError

OPERATE = """
[[step]]
id = "note"
do = "operate"
at = 2026-11-02 11:00:00
till = "A1-1"
member = "lin"
operation = "note"
fields = { text = "see @first" }
"""
OFFICE = """
[[step]]
id = "again"
do = "office"
at = 2026-11-02 12:00:00
operation = "redrive"

[[step]]
do = "expect"
at = 2026-11-02 12:00:00
step = "again"
refused = "whatever_head_office_says"
answer = { posted = 0 }
"""


def mistakes_of(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(ScenarioError) as caught:
        read(path)
    return [(mistake.line, mistake.reason) for mistake in caught.value.mistakes]


def test_both_steps_are_read(base: str, scenario_file: Callable[[str], Path]) -> None:
    assert len(read(scenario_file(base + OPERATE + OFFICE)).steps) == 4


@pytest.mark.parametrize(
    ("right", "wrong", "line", "reason"),
    [
        ('"note"\nf', '"nota"\nf', 8, "no operation 'nota': did you mean 'note'?"),
        ("{ text", "{ txt", 9, "no field 'txt': did you mean 'text'?"),
        ('"see @first"', "1.5", 9, "Expected `bool | int | str`, got `float`"),
        ("@first", "@frist", 9, "no step 'frist': did you mean 'first'?"),
        ("@first", "@member:lim", 9, "no member 'lim': did you mean 'lin'?"),
        ("@first", "@qr:frist", 9, "no step 'frist': did you mean 'first'?"),
        ('"redrive"', '"redrave"', 15, "no operation 'redrave': did you mean 'redrive'?"),
        ('"redrive"', '"redrive"\nfields = { x = 1 }', 16, "no field 'x': nothing is known here"),
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_with_its_line(
    base: str, scenario_file: Callable[[str], Path], right: str, wrong: str, line: int, reason: str
) -> None:
    text = OPERATE + OFFICE
    assert right in text
    found = mistakes_of(scenario_file(base + text.replace(right, wrong, 1)))
    assert found == [(base.count("\n") + line, reason)]


def settings_of(kind: type) -> dict[str, set[str]]:
    """Names of the fields of every struct of a programme."""
    found: dict[str, set[str]] = {}
    waiting = [inspect.type_info(kind)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, inspect.StructType) and info.cls.__name__ not in found:
            found[info.cls.__name__] = {field.encode_name for field in info.fields}
            waiting += [field.type for field in info.fields]
        elif isinstance(info, inspect.VarTupleType | inspect.ListType):
            waiting.append(info.item_type)
        elif isinstance(info, inspect.DictType):
            waiting.append(info.value_type)
        elif isinstance(info, inspect.UnionType):
            waiting.extend(info.types)
    return found


def test_no_setting_takes_the_short_name_of_an_amount() -> None:
    """`window = "5000.00"` is how a scenario writes window_minor: nothing else may be `window`."""
    structs = settings_of(Programme)
    assert len(structs) > 5
    assert issubclass(Programme, msgspec.Struct)
    for name, fields in structs.items():
        assert not {f"{field}_minor" for field in fields} & fields, name
