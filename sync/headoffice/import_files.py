"""Lists as dealers send them: CSV in the encodings of Chinese offices, or the first sheet of an
XLSX file, as headings and rows of text."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from sync.headoffice.errors import InvalidError

ENCODINGS: Final = ("utf-8-sig", "gb18030")
MAX_BYTES: Final = 200 * 1024 * 1024
_XLSX: Final = b"PK\x03\x04"

Table = tuple[list[str], list[list[str]]]


def read_list(path: Path) -> Table:
    """(headings, rows). Raises InvalidError("list_unreadable", "list_empty", "list_too_large")."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidError("list_too_large", limit=MAX_BYTES)
        data = path.read_bytes()
    except OSError as error:
        raise InvalidError("list_unreadable", reason=str(error.strerror)) from None
    return _xlsx(data) if data.startswith(_XLSX) else read_text(_text(data))


def read_text(text: str) -> Table:
    """(headings, rows) of CSV text, separated by comma, semicolon or tab."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise InvalidError("list_unreadable", reason=str(error)) from None
    return _table(found)


def _text(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidError("list_unreadable", reason="neither UTF-8 nor GB 18030")


def _xlsx(data: bytes) -> Table:
    from openpyxl import load_workbook  # noqa: PLC0415  # 0.2 s, wanted by this one command
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415  # the same import

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise InvalidError("list_unreadable", reason=str(error)[:100]) from None
    return _table(rows)


def _cell(value: object) -> str:
    """A cell as a person sees it. A spreadsheet keeps numbers as floats: their shortest exact text
    is what was typed."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        exact = Decimal(repr(value))
        return f"{exact.quantize(Decimal(1)) if value.is_integer() else exact:f}"
    return str(value)


def _table(rows: list[list[str]]) -> Table:
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise InvalidError("list_empty")
    return [cell.strip() for cell in rows[0]], rows[1:]
