"""Codes and parameters to sentences, amounts and dates in the cashier's language. No Qt.

A sentence is asked for by its code, as in `text("sale.take_payment", amount_minor=387222)`, and
stands in `resources/translations/*.po`. A parameter's last word says how it is written: `_minor`
as money (from fen), `_points` as points with their unit, `_date` as a day, `_time` as a clock
time, `_s` as an age; `field` is the name of a form's field; other integers get group separators
(so give years and numbers of things as text).
"""

from __future__ import annotations

import datetime as dt
import gettext
import hashlib
import io
import logging
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import resources

if TYPE_CHECKING:
    from babel.core import Locale

Language = Literal["zh_CN", "en"]
LANGUAGES: tuple[Language, ...] = ("zh_CN", "en")

_log = logging.getLogger("ui")
_MINUS = "\N{MINUS SIGN}"
_SYMBOLS = {"CNY": "¥", "HKD": "HK$", "USD": "$", "EUR": "€"}
_EXPONENTS = {"CNY": 2, "HKD": 2, "USD": 2, "EUR": 2, "JPY": 0}
_DATE_PATTERNS = {
    "zh_CN": ("M月d日", "y年M月d日", "y年M月"),
    "en": ("d MMM", "d MMM y", "MMM y"),
}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


class Text:
    """The one source of words and formatted values; presenters and screens share one instance."""

    def __init__(self, language: Language = "zh_CN") -> None:
        self._language = language

    @property
    def language(self) -> Language:
        """The language in use."""
        return self._language

    def switch(self, language: Language) -> None:
        """Use another language from now on; whoever shows words asks for them again."""
        self._language = language

    def __call__(self, code: str, /, **params: object) -> str:
        """The sentence of a code; with `count=n` the plural form for n.

        An unknown code comes back as it is, so that a cashier still sees something to report.
        """
        return self.sentence(code, params)

    def sentence(self, code: str, params: Mapping[str, object]) -> str:
        """As calling, for a refusal or fault that carries its code and parameters."""
        if not params and (fixed := _fixed(self._language, code)) is not None:
            return fixed
        pattern = self._pattern(code, params.get("count"))
        if pattern is None:
            _log.warning("text missing code=%s language=%s", code, self._language)
            return " ".join([code, *(f"{k}={v}" for k, v in sorted(params.items()))])
        try:
            return pattern.format_map({k: self._value(k, v) for k, v in params.items()})
        except KeyError as missing:
            _log.warning("text parameter missing code=%s name=%s", code, missing)
            return pattern

    def has(self, code: str) -> bool:
        """Whether the language has words for this code."""
        return self._pattern(code, None) is not None

    def money(
        self, amount_fen: int, *, currency: str = "CNY", sign: bool = False, symbol: bool = True
    ) -> str:
        """Minor units as `¥1,234.50`, negative as `−¥50.00`; `sign` puts + before a gain."""
        digits = _amount(abs(amount_fen), _EXPONENTS.get(currency, 2), self._language)
        mark = _SYMBOLS.get(currency, currency + " ") if symbol else ""
        return _signed(amount_fen, sign) + mark + digits

    def money_short(self, amount_fen: int) -> str:
        """Money without `.00` when it is whole: `¥3,000`, `¥95.50`; for sentences, not columns."""
        return self.money(amount_fen).removesuffix(".00")

    def number(self, value: int, *, sign: bool = False) -> str:
        """An integer with group separators: `1,240`, `−36`."""
        return _signed(value, sign) + _whole(abs(value), self._language)

    def points(self, value: int, *, sign: bool = False) -> str:
        """Points with their unit: `1,240 分`, `+36 pts`."""
        return self("unit.points", value=self.number(value, sign=sign))

    def date(self, day: dt.date, *, year: bool = False) -> str:
        """A day: `11月21日`, `21 Nov`; with its year `2026年11月21日`."""
        return self._format_date(day, 1 if year else 0)

    def month(self, day: dt.date) -> str:
        """The month a day lies in: `2026年11月`, `Nov 2026`."""
        return self._format_date(day, 2)

    def time(self, moment: dt.time | dt.datetime) -> str:
        """A clock time of the store, 24 hours: `09:12`."""
        return f"{moment.hour:02}:{moment.minute:02}"

    def age(self, age_s: int) -> str:
        """How long ago, in the largest whole unit: `刚刚`, `8 分钟前`, `2 days ago`."""
        if age_s < _MINUTE_S:
            return self("age.now")
        for unit_s, code in ((_DAY_S, "age.days"), (_HOUR_S, "age.hours")):
            if age_s >= unit_s:
                return self(code, count=age_s // unit_s)
        return self("age.minutes", count=age_s // _MINUTE_S)

    def _format_date(self, day: dt.date, which: int) -> str:
        from babel.dates import format_date  # noqa: PLC0415  # not before first paint

        pattern = _DATE_PATTERNS[self._language][which]
        return str(format_date(day, pattern, locale=_locale(self._language)))

    def _pattern(self, code: str, count: object) -> str | None:
        catalogue = _catalogue(self._language)
        if isinstance(count, int):
            found = catalogue.ngettext(code, code, count)
            if found != code:
                return found
        found = catalogue.gettext(code)
        return None if found == code else found

    def _value(self, name: str, value: object) -> str:
        """A parameter written as its name asks."""
        if name == "field":
            return self(f"field.{value}")
        unit = name.rpartition("_")[2]
        if isinstance(value, dt.date) and unit == "date":
            return self.date(value)
        if isinstance(value, dt.datetime | dt.time):
            return self.time(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return str(value)
        if unit == "minor":
            return self.money(value)
        if unit == "points":
            return self.points(value)
        return self.age(value) if unit == "s" else self.number(value)


def _signed(value: int, sign: bool) -> str:
    if value < 0:
        return _MINUS
    return "+" if sign and value > 0 else ""


@lru_cache(maxsize=1024)  # one view is drawn again and again with the same numbers
def _amount(amount: int, exponent: int, language: str) -> str:
    from decimal import Decimal  # noqa: PLC0415  # not before first paint

    from babel.numbers import format_decimal  # noqa: PLC0415  # not before first paint

    pattern = "#,##0" + ("." + "0" * exponent if exponent else "")
    major = Decimal(amount).scaleb(-exponent)
    return str(format_decimal(major, format=pattern, locale=_locale(language)))


@lru_cache(maxsize=1024)  # the same
def _whole(value: int, language: str) -> str:
    from babel.numbers import format_decimal  # noqa: PLC0415  # not before first paint

    return str(format_decimal(value, locale=_locale(language)))


@lru_cache(maxsize=4096)  # a view says some fifty of them, each time it is drawn
def _fixed(language: str, code: str) -> str | None:
    """A sentence that has no parameters; None if there is none, or it asks for some."""
    found = _catalogue(language).gettext(code)
    if found == code:
        return None
    try:
        return found.format_map({})
    except KeyError:
        return None


@lru_cache(maxsize=len(LANGUAGES))
def _locale(language: str) -> Locale:
    """The formats of a language; by name they would be looked for on every number."""
    from babel.core import Locale  # noqa: PLC0415  # not before first paint

    return Locale.parse(language)


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.GNUTranslations:
    """The compiled catalogue of a language, once per process.

    Compiling takes as long as all else before first paint, so what was compiled is kept in the
    user's cache under the hash of its words; without a cache it is compiled again.
    """
    source = resources.translation(language)
    words = source.read_bytes()
    kept = _cache() / f"words-{language}-{hashlib.sha256(words).hexdigest()[:32]}.mo"
    try:
        return gettext.GNUTranslations(io.BytesIO(kept.read_bytes()))
    except (OSError, UnicodeDecodeError, ValueError):
        compiled = _compiled(words, language)
    _keep(kept, compiled)
    return gettext.GNUTranslations(io.BytesIO(compiled))


def _compiled(words: bytes, language: str) -> bytes:
    from babel.messages.mofile import write_mo  # noqa: PLC0415  # not before first paint
    from babel.messages.pofile import read_po  # noqa: PLC0415  # not before first paint

    made = io.BytesIO()
    write_mo(made, read_po(io.BytesIO(words), locale=language))
    return made.getvalue()


def _cache() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415  # asked once per language

    return user_cache_path("guibin", appauthor=False)


def _keep(path: Path, data: bytes) -> None:
    """Keep a file whole or not at all; a full or read-only disk costs only time."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
        for old in path.parent.glob(f"{path.name[:12]}*.mo"):
            if old != path and old.name.startswith(path.name.rpartition("-")[0]):
                old.unlink(missing_ok=True)
    except OSError as error:
        _log.info("words not kept errno=%s", error.errno)
