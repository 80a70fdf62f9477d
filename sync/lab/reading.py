"""Reading a scenario file: values, places, and every mistake with its line and reason."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from sync.domain.programme import Programme, Ratio, Words
from sync.lab.amounts import decode, fen
from sync.lab.chain import Chain, Crowd, Dealer, Member, Product, Staff, Store, Till
from sync.lab.lines import Path, line_index
from sync.lab.scenario import AnyStep, Head, Orders, Scenario, Variant

SETUP_TABLES: Final = (
    "dealer",
    "store",
    "till",
    "programme",
    "product",
    "staff",
    "member",
    "crowd",
)
STORY_TABLES: Final = ("scenario", "step", "orders", "variant")
_PLACE = re.compile(r"(.*) - at `\$(.*)`\Z", re.DOTALL)
_ELEMENT = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_PATTERN = re.compile(r"Expected `str` matching regex .*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong in a file. `line` counts from 1."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class ScenarioError(ValueError):
    """The file cannot be played. `mistakes`: at least one, in order of place."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the known word most like a wrong one, or the list of them when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known here: " + ", ".join(names) if names else "nothing is known here"


class Source:
    """One TOML file: its tables, the line of everything in it, and the mistakes found so far."""

    def __init__(self, path: FilePath) -> None:
        self.path, self.mistakes = path, list[Mistake]()
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise ScenarioError(
                [Mistake(str(path), 1, f"cannot be read: {error.strerror}")]
            ) from None
        self.digest = sha256(raw).hexdigest()
        text = raw.decode(errors="replace")
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise ScenarioError([Mistake(path.name, line, f"no valid TOML: {error}")]) from None
        self.lines: Mapping[Path, int] = line_index(text)

    def wrong(self, path: Path, reason: str) -> None:
        """Note a mistake at a path; its line is that of the nearest place the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        self.mistakes.append(Mistake(self.path.name, self.lines.get(path, 1), reason))

    def only(self, known: Iterable[str]) -> None:
        """Note every table at the top that is none of `known`."""
        for name in self.tables.keys() - set(known):
            self.wrong((name,), f"unknown table {name!r}: {nearest(name, known)}")

    def array(self, name: str, kind: type[T]) -> tuple[T, ...]:
        """All tables [[name]]; wrong ones are noted and left out."""
        rows = self.tables.get(name, [])
        if not isinstance(rows, list):
            self.wrong((name,), f"write [[{name}]], with two brackets: there may be several")
            return ()
        found = (self.convert((name, number), row, kind) for number, row in enumerate(rows))
        return tuple(row for row in found if row is not None)

    def single(self, name: str, kind: type[T]) -> T | None:
        """The table [name], None when it is missing or wrong."""
        if name not in self.tables:
            return None
        return self.convert((name,), self.tables[name], kind)

    def convert(self, path: Path, value: object, kind: type[T]) -> T | None:
        """One table as its type; the first mistake of a wrong one is noted."""
        try:
            shaped = _shape(value, inspect.type_info(kind))
            return msgspec.convert(shaped, kind, dec_hook=decode)
        except msgspec.ValidationError as error:
            self._explain(path, str(error), kind)
        except _ShapeError as error:
            self.wrong(path + error.path, str(error))
        return None

    def _explain(self, path: Path, message: str, kind: object) -> None:
        place = _PLACE.match(message)
        reason, below = (place[1], place[2]) if place else (message, "")
        inner: Path = tuple(int(b) if b else a for a, b in _ELEMENT.findall(below))
        full = path + inner
        if unknown := re.match(r"Object contains unknown field `(.*)`", reason):
            known = _fields_at(kind, inner, _value_at(self.tables, path))
            self.wrong(
                (*full, unknown[1]), f"unknown key {unknown[1]!r}: {nearest(unknown[1], known)}"
            )
            return
        if missing := re.match(r"Object missing required field `(.*)`", reason):
            reason = f"the key {missing[1]!r} is missing"
        elif re.match(r"Invalid (enum )?value", reason):
            word = str(_value_at(self.tables, full))
            reason = f"{word!r} is not possible here: {nearest(word, _words_at(kind, inner))}"
        elif _PATTERN.match(reason):
            reason = (
                f"{_value_at(self.tables, full)!r} is not written as {_described(full)} must be"
            )
        self.wrong(full, reason)


class _ShapeError(ValueError):
    """A value that cannot be shaped, below the table being read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


def _described(path: Path) -> str:
    """How a value of a key is written, in words."""
    forms = {
        "phone": "a phone number (digits, with + before a country code)",
        "card": "a card number (4 to 64 digits or letters)",
        "pin": "a PIN (4 to 12 digits)",
        "birthday": 'a birthday (month-day: "08-15")',
        "barcode": "a barcode (4 to 32 digits or letters)",
    }
    return forms.get(str(path[-1]), "an id (letters, digits, dot, dash; at most 32)")


def _value_at(value: object, path: Path) -> object:
    for part in path:
        try:
            value = value[part]  # type: ignore[index]  # tables and arrays alike
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _type_at(info: inspect.Type, path: Path, value: object) -> inspect.Type | None:
    """Type of the value at `path` below a value of type `info`."""
    if isinstance(info, inspect.Metadata):
        return _type_at(info.type, path, value)
    if isinstance(info, inspect.UnionType):
        tag = value.get("do") if isinstance(value, Mapping) else None
        chosen = [t for t in info.types if isinstance(t, inspect.StructType)]
        for kind in chosen:
            if tag is None or kind.tag == tag or not kind.tag:
                return _type_at(kind, path, value)
        others = [t for t in info.types if not isinstance(t, inspect.NoneType)]
        return info if not path else _type_at(others[0], path, value) if len(others) == 1 else None
    if not path:
        return info
    inner = _value_at(value, path[:1])
    if isinstance(info, inspect.StructType):
        kinds = {field.encode_name: field.type for field in info.fields}
        return _type_at(kinds[str(path[0])], path[1:], inner) if path[0] in kinds else None
    if isinstance(info, inspect.VarTupleType | inspect.ListType):
        return _type_at(info.item_type, path[1:], inner)
    return None


def _fields_at(kind: object, path: Path, value: object) -> list[str]:
    """Keys a table may have; for minor units, the form in yuan too."""
    info = _type_at(inspect.type_info(kind), path, value)
    if not isinstance(info, inspect.StructType):
        return []
    names = [field.encode_name for field in info.fields]
    return [
        *names,
        *(name.removesuffix("_minor") for name in names if name.endswith("_minor")),
        *([info.tag_field] if info.tag_field else []),
    ]


def _words_at(kind: object, path: Path) -> list[str]:
    """The words a key may hold."""
    info = inspect.type_info(kind)
    if path == ("do",) and isinstance(info, inspect.UnionType):
        return [str(t.tag) for t in info.types if isinstance(t, inspect.StructType)]
    for choice in info.types if isinstance(info, inspect.UnionType) else (info,):
        found = _type_at(choice, path, None)
        if isinstance(found, inspect.UnionType):
            found = next(t for t in found.types if not isinstance(t, inspect.NoneType))
        if isinstance(found, inspect.LiteralType):
            return [str(value) for value in found.values]
    return []


def _shape(value: object, info: inspect.Type, path: Path = ()) -> object:
    """The value with its short forms written out: `x = "50.00"` for `x_minor`, one text for both
    languages, "1/2" for a ratio."""
    found = _type_at(info, (), value)
    if isinstance(found, inspect.StructType):
        if found.cls is Words and isinstance(value, str):
            return {"zh": value, "en": value}
        if found.cls is Ratio and isinstance(value, str):
            return _ratio(value, path)
        if isinstance(value, Mapping):
            return dict(_shape_fields(value, found, path))
    if isinstance(found, inspect.VarTupleType) and isinstance(value, list):
        return [_shape(v, found.item_type, (*path, i)) for i, v in enumerate(value)]
    if isinstance(found, inspect.DictType) and isinstance(value, Mapping):
        return {k: _shape(v, found.value_type, (*path, k)) for k, v in value.items()}
    return value


def _shape_fields(
    table: Mapping[str, object], info: inspect.StructType, path: Path
) -> Iterator[tuple[str, object]]:
    kinds = {field.encode_name: field.type for field in info.fields}
    for key, value in table.items():
        minor = f"{key}_minor"
        if key in kinds:
            yield key, _shape(value, kinds[key], (*path, key))
        elif minor in kinds:
            if minor in table:
                raise _ShapeError((*path, key), f"both {key!r} and {minor!r} are given")
            try:
                yield minor, int(fen(value))
            except ValueError as error:
                raise _ShapeError((*path, key), str(error)) from None
        else:
            yield key, value


def _ratio(text: str, path: Path) -> dict[str, int]:
    numerator, _, denominator = text.partition("/")
    try:
        return {"num": int(numerator), "den": int(denominator or "1")}
    except ValueError:
        raise _ShapeError(path, f'a ratio is written "1/2", not {text!r}') from None


def _programmes(source: Source) -> tuple[Programme, ...]:
    """Programmes, each possibly written as what it changes in an earlier one (`base`)."""
    rows = source.tables.get("programme", [])
    if not isinstance(rows, list):
        return source.array("programme", Programme)
    known: dict[object, dict[str, object]] = {}
    found = []
    for number, row in enumerate(rows):
        whole = dict(row)
        base = whole.pop("base", None)
        if base is not None and base not in known:
            reason = f"no programme of version {base} stands above"
            source.wrong(("programme", number, "base"), reason)
            continue
        whole = {**known.get(base, {}), **whole}
        known[whole.get("version")] = whole
        programme = source.convert(("programme", number), whole, Programme)
        found += [programme] if programme else []
    return tuple(found)


def setup_of(sources: Iterable[Source]) -> Chain:
    """The chain of one or more files, in order; tables of later files come after those of earlier
    ones."""
    files = list(sources)

    def all_of(name: str, kind: type[T]) -> tuple[T, ...]:
        return tuple(row for source in files for row in source.array(name, kind))

    crowds = [crowd for source in files if (crowd := source.single("crowd", Crowd))]
    return Chain(
        dealers=all_of("dealer", Dealer),
        stores=all_of("store", Store),
        tills=all_of("till", Till),
        programmes=tuple(
            sorted((p for s in files for p in _programmes(s)), key=lambda p: p.version)
        ),
        products=all_of("product", Product),
        staff=all_of("staff", Staff),
        members=all_of("member", Member),
        crowd=crowds[-1] if crowds else None,
    )


Check = Callable[[Scenario, list[Source]], None]


def read_sources(path: FilePath) -> tuple[Source, list[Source], Head | None]:
    """The scenario file, the files of its chain (the named one first, itself last) and its head."""
    story = Source(path)
    story.only((*SETUP_TABLES, *STORY_TABLES))
    head = story.single("scenario", Head)
    if "scenario" not in story.tables:
        story.wrong((), "the table [scenario] is missing")
    files = [story]
    if head and head.chain:
        try:
            chain = Source(path.parent / head.chain)
        except ScenarioError as error:
            story.wrong(("scenario", "chain"), str(error))
        else:
            chain.only(SETUP_TABLES)
            files.insert(0, chain)
    return story, files, head


def read_story(story: Source, files: list[Source], head: Head | None) -> Scenario:
    """The scenario of sources already read; ScenarioError when a table of them is wrong."""
    kind: type[AnyStep] = AnyStep  # type: ignore[assignment]  # a union stands in for its types
    steps = story.array("step", kind)
    scenario = Scenario(
        head=head or Head(name="wrong"),
        chain=setup_of(files),
        steps=steps,
        orders=story.single("orders", Orders),
        variants=story.array("variant", Variant),
        lines=story.lines,
        digest=sha256("".join(source.digest for source in files).encode()).hexdigest(),
        crowd_folder=str(next((s for s in files if "crowd" in s.tables), story).path.parent),
    )
    stop_if_wrong(files)
    return scenario


def stop_if_wrong(files: Iterable[Source]) -> None:
    """Raise ScenarioError with every mistake noted so far, if there is one."""
    mistakes = [mistake for source in files for mistake in source.mistakes]
    if mistakes:
        raise ScenarioError(mistakes)
