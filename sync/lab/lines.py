"""Where everything stands in a TOML file: path of keys and indices -> line, so that an error can
name its line.

`tomllib` gives the values but not their places. The text handed in here has been accepted by
`tomllib` before, so this scanner only has to find its way, not to judge.
"""

from __future__ import annotations

from collections.abc import Mapping

Path = tuple[str | int, ...]


def line_index(text: str) -> Mapping[Path, int]:
    """Line (from 1) of every table, key and array element of valid TOML `text`."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1
        self._found: dict[Path, int] = {(): 1}
        self._tables: dict[Path, int] = {}

    def scan(self) -> Mapping[Path, int]:
        table: Path = ()
        while self._skip():
            if self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _peek(self, size: int = 1) -> str:
        return self._text[self._at : self._at + size]

    def _step(self, size: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + size)
        self._at += size

    def _skip(self) -> bool:
        """Over white space, commas and comments; False at the end."""
        while self._at < len(self._text):
            if self._peek() == "#":
                end = self._text.find("\n", self._at)
                self._step((end if end >= 0 else len(self._text)) - self._at)
            elif self._peek() in " \t\r\n,":
                self._step()
            else:
                return True
        return False

    def _header(self) -> Path:
        array = self._peek(2) == "[["
        self._step(2 if array else 1)
        line = self._line
        keys = self._keys("]")
        self._step(2 if array else 1)
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            last = number == len(keys) - 1
            if array and last:
                self._found.setdefault(path, line)
                self._tables[path] = self._tables.get(path, -1) + 1
            if path in self._tables:
                path = (*path, self._tables[path])
            self._found.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line
        path = table
        for key in self._keys("="):
            path = (*path, key)
            self._found.setdefault(path, line)
        self._step()
        self._value(path)

    def _keys(self, end: str) -> list[str]:
        """Dotted keys up to `end`, which is left in place."""
        keys: list[str] = []
        while self._skip_blank() != end:
            if self._peek() in "\"'":
                keys.append(self._quoted())
            elif self._peek() == ".":
                self._step()
            else:
                start = self._at
                while self._peek() not in f".{end} \t":
                    self._step()
                keys.append(self._text[start : self._at])
        return keys

    def _skip_blank(self) -> str:
        while self._peek() in (" ", "\t"):
            self._step()
        return self._peek()

    def _quoted(self) -> str:
        """A string of any of the four kinds; the text between its quotes."""
        mark = self._peek()
        long = self._peek(3) == mark * 3
        close = mark * 3 if long else mark
        self._step(len(close))
        start = self._at
        while self._peek(len(close)) != close or (long and self._peek(4) == mark * 4):
            self._step(2 if mark == '"' and self._peek() == "\\" else 1)
        inner = self._text[start : self._at]
        self._step(len(close))
        return inner

    def _value(self, path: Path) -> None:
        self._skip()
        first = self._peek()
        if first == "[":
            self._array(path)
        elif first == "{":
            self._step()
            while self._skip() and self._peek() != "}":
                self._pair(path)
            self._step()
        elif first in "\"'":
            self._quoted()
        else:
            while self._peek() not in ("", ",", "]", "}", "\n", "#"):
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        number = 0
        while self._skip() and self._peek() != "]":
            self._found.setdefault((*path, number), self._line)
            self._value((*path, number))
            number += 1
        self._step()
