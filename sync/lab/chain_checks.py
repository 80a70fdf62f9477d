"""What must fit together in the set-up tables of a scenario: names, zones, cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync.domain.cards import PREFIX, normalise, serial_of
from sync.lab.chain import Chain
from sync.lab.lines import Path
from sync.lab.reading import Source, nearest

_NEEDED: Final = ("dealer", "store", "till", "programme")
_UNIQUE: Final = (
    *(("dealer", "id"), ("store", "id"), ("till", "id"), ("staff", "id"), ("member", "id")),
    *(("programme", "version"), ("product", "sku"), ("product", "barcode")),
    *(("member", "phone"), ("member", "card")),
)


def check_chain(chain: Chain, files: list[Source]) -> None:
    """Note every set-up table that names something missing, or something twice."""
    for table in _NEEDED:
        if not any(_rows([source], table) for source in files):
            files[-1].wrong((), f"at least one [[{table}]] is needed")
    for table, key in _UNIQUE:
        _check_unique(files, table, key)
    dealers = {dealer.id for dealer in chain.dealers}
    stores = {store.id for store in chain.stores}
    tiers = {tier.code for programme in chain.programmes for tier in programme.tiers}
    for table, key, known in (
        ("store", "dealer", dealers),
        ("till", "store", stores),
        ("member", "store", stores),
        ("member", "tier", tiers),
        ("staff", "stores", stores),
    ):
        for source, path, row in _rows(files, table):
            _refer(source, (*path, key), row.get(key, ""), known)
    _check_rows(files, dealers, stores)


def _check_rows(files: list[Source], dealers: set[str], stores: set[str]) -> None:
    for source, path, row in _rows(files, "store"):
        if reason := wrong_zone(str(row.get("zone", "UTC"))):
            source.wrong((*path, "zone"), reason)
    for source, path, row in _rows(files, "member"):
        if reason := wrong_card(str(row["card"])):
            source.wrong((*path, "card"), reason)
        for number, opening in enumerate(row.get("opening", [])):
            _refer(source, (*path, "opening", number, "store"), opening["store"], stores)
    for source, path, row in _rows(files, "programme"):
        _check_programme(source, path, row, dealers)


def _rows(files: Iterable[Source], table: str) -> list[tuple[Source, Path, dict[str, Any]]]:
    return [
        (source, (table, number), row)
        for source in files
        for number, row in enumerate(source.tables.get(table, []))
    ]


def _check_unique(files: list[Source], table: str, key: str) -> None:
    seen: set[object] = set()
    for source, path, row in _rows(files, table):
        value = row.get(key)
        if value in seen:
            source.wrong((*path, key), f"{table} {key} {value!r} is there twice")
        seen.add(value)


def _refer(source: Source, path: Path, value: str | list[str], known: set[str]) -> None:
    for name in value if isinstance(value, list) else [value]:
        if name and name not in known:
            source.wrong(path, f"no {_singular(path)} {name!r}: {nearest(name, known)}")


def _singular(path: Path) -> str:
    return str(path[-1]).removesuffix("s")


def _check_programme(source: Source, path: Path, row: dict[str, Any], dealers: set[str]) -> None:
    for below, names in _dealers_named(row):
        _refer(source, (*path, *below, "dealer"), names, dealers)


def _dealers_named(row: dict[str, Any]) -> Iterator[tuple[Path, list[str]]]:
    """Where a programme names dealers."""
    earning = row.get("earning", {})
    yield (
        ("earning", "points_per_yuan_by_dealer"),
        list(earning.get("points_per_yuan_by_dealer", {})),
    )
    for table in ("gifts", "points_tenders"):
        for number, offer in enumerate(row.get(table, [])):
            yield (table, number, "dealers"), offer.get("dealers", [])


def wrong_zone(zone: str) -> str:
    """Why a text is no time zone; empty when it is one."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        return f"no time zone {zone!r}: write one like Asia/Shanghai"
    return ""


def wrong_card(card: str) -> str:
    """Why a text is no card number of the chain; empty when it is one or another credential."""
    number = normalise(card)
    if number.startswith(PREFIX) and number.isdigit() and serial_of(number) is None:
        return f"{card!r} is no card number of the chain: its length or check digit is wrong"
    return ""
