"""Spreadsheets: XLSX. Checked as a ZIP archive before anything is unpacked into memory."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import BinaryIO

from portal.connectors.extent import Extent
from portal.connectors.tables import (
    HEADER_WITHIN,
    Format,
    Limits,
    Recognise,
    find_header,
    letters,
    named_columns,
)
from portal.connectors.unreadable import Unreadable

MOST_ENTRIES = 2_000
MOST_RATIO = 250  # a real spreadsheet packs 5 to 60 times
_SMALL = 10_000_000  # bytes; what is no larger once unpacked does no harm at any ratio
MOST_CELLS = 30_000_000  # in the rectangle from the first used cell to the last
_CHUNK = 1 << 18

Cell = int | float | str | bool | time | date | datetime | timedelta


class WorkbookTable:
    """One sheet of an XLSX file. See `portal.connectors.tables.Table`."""

    def __init__(
        self, file: BinaryIO, wanted: Format, limits: Limits, recognise: Recognise
    ) -> None:
        check_archive(file, limits.inflated_bytes)
        self.limits = limits
        self.broken: list[tuple[int, str]] = []
        self.sheet, names = _open_sheet(file, wanted.sheet)
        top = [_texts(row) for row in islice(self.sheet.iter_rows(), HEADER_WITHIN)]
        row = find_header(top, recognise) if wanted.header_row is None else wanted.header_row
        if row > len(top):
            raise Unreadable(f"There is no row {row} to be the header.")
        self.format = Format("xlsx", sheet=self.sheet.name, header_row=row, sheets=names)
        if row:
            self.header = named_columns(_trimmed(top[row - 1]))
        else:
            self.header = [f"Column {letters(nth)}" for nth in range(self.sheet.total_width)]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        below, width = self.format.header_row or 0, len(self.header)
        read = 0
        for number, row in enumerate(self.sheet.iter_rows(), 1):
            if number <= below or not any(cell != "" for cell in row):
                continue
            cells = _texts(row)
            read += 1
            if read > self.limits.rows:
                raise Unreadable(f"The list has more than {self.limits.rows:,} rows. Split it.")
            yield number, cells[:width] if not any(cells[width:]) else cells


def check_archive(file: BinaryIO, most_bytes: int) -> None:
    """Raise Unreadable where unpacking would take too much, whatever the archive claims.

    Every part is unpacked once, piece by piece and forgotten, counting bytes and cells.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_claims(entries, most_bytes)
            if "xl/workbook.xml" not in {entry.filename for entry in entries}:
                raise Unreadable(
                    "This is a ZIP archive, not a spreadsheet. Unpack it and upload the list."
                )
        for entry in entries:
            _check_part(_unpacked(file, entry), entry)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError):
        raise Unreadable(_DAMAGED) from None
    file.seek(0)


def _check_claims(entries: list[zipfile.ZipInfo], most_bytes: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if unpacked > most_bytes or len(entries) > MOST_ENTRIES:
        raise Unreadable(
            f"The spreadsheet would unpack to {unpacked / 1_000_000:,.0f} MB; "
            f"{most_bytes / 1_000_000:,.0f} MB at most are unpacked (MAX_INFLATED_MB). "
            "Save it as CSV and upload that."
        )
    if unpacked > _SMALL and unpacked > packed * MOST_RATIO:
        raise Unreadable(
            "The spreadsheet unpacks to a size that no real list has, "
            "so it was not opened. Save it as CSV and upload that."
        )


def _check_part(chunks: Iterator[bytes], entry: zipfile.ZipInfo) -> None:
    """Raise Unreadable for a sheet with cells far out: calamine fills the space up to them."""
    extent, is_sheet = Extent(), entry.filename.startswith("xl/worksheets/")
    for chunk in chunks:
        if is_sheet:
            extent.add(chunk)
            _refuse_far_cells(extent)


def _refuse_far_cells(extent: Extent) -> None:
    if extent.cells > MOST_CELLS:
        column = letters(extent.columns - 1)
        raise Unreadable(
            f"A sheet has cells as far as column {column} and row {extent.rows:,}. Delete "
            "the empty rows and columns around the list, or save it as CSV, and upload that."
        )


def _unpacked(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of one part, in pieces; BadZipFile as soon as there is more than it claims.

    Not by zipfile, which believes the claim: others unpack until the packed data ends.
    """
    file.seek(entry.header_offset)
    name, extra = struct.unpack("<26xHH", file.read(30))
    file.seek(name + extra, 1)
    if entry.flag_bits & 1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise NotImplementedError
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    packed, unpacked = entry.compress_size, 0
    while packed > 0 and (piece := file.read(min(_CHUNK, packed))):
        packed -= len(piece)
        while piece:
            chunk = inflate.decompress(piece, _CHUNK) if inflate else piece
            piece = inflate.unconsumed_tail if inflate else b""
            unpacked += len(chunk)
            if unpacked > entry.file_size:
                raise zipfile.BadZipFile
            yield chunk


def _open_sheet(file: BinaryIO, wanted: str):  # type: ignore[no-untyped-def]  # calamine's own
    import python_calamine  # noqa: PLC0415  a compiled library that only spreadsheets need

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        names = tuple(
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == python_calamine.SheetVisibleEnum.Visible
        )
        for name in [wanted] if wanted in names else names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                return sheet, names
    except (python_calamine.CalamineError, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None
    raise Unreadable("The spreadsheet is empty.")


def _texts(row: list[Cell]) -> list[str]:
    return [cell if cell.__class__ is str else _text(cell) for cell in row]


def _text(cell: Cell) -> str:
    """A cell as it would be typed: 1001, not 1001.0; dates as ISO."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        plain = cell.time() == time()
        return cell.date().isoformat() if plain else cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


_DAMAGED = "The spreadsheet is damaged and cannot be opened. Save it again and upload that."
