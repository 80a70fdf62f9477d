"""Every table, key and element of a TOML file is found on its line."""

import tomllib

import pytest

from sync.lab.lines import line_index

TEXT = '''# a comment with [brackets] = and "quotes"
[scenario]
name = "x" # a comment
day.begins = 1979-05-27 07:32:00

[[step]]
do = "a"
lines = [
  { a = 1, b = "}" },
  # a comment ]
  { a = 2, "q k" = """x
]
""" },
]
[[step]]
z = [[1, 2], [3]]
[[step.sub]]
y = 'C:\\n'
[[step.sub]]
y = 2
[programme.earning]
a = { x = { y = 1 }, z = 2 }
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("scenario",), 2),
        (("scenario", "name"), 3),
        (("scenario", "day", "begins"), 4),
        (("step",), 6),
        (("step", 0), 6),
        (("step", 0, "lines", 0, "b"), 9),
        (("step", 0, "lines", 1), 11),
        (("step", 0, "lines", 1, "q k"), 11),
        (("step", 1), 15),
        (("step", 1, "z", 1, 0), 16),
        (("step", 1, "sub", 0, "y"), 18),
        (("step", 1, "sub", 1), 19),
        (("programme", "earning", "a", "z"), 22),
        (("programme", "earning", "a", "x", "y"), 22),
    ],
)
def test_a_place_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert line_index(TEXT)[path] == line


def test_every_value_of_the_file_has_a_line() -> None:
    index = line_index(TEXT)

    def walk(path: tuple[str | int, ...], value: object) -> None:
        assert path in index
        if isinstance(value, dict):
            for key, inner in value.items():
                walk((*path, key), inner)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk((*path, number), inner)

    for name, table in tomllib.loads(TEXT).items():
        if name != "programme":
            walk((name,), table)
