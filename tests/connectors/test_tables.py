"""Opening lists: whatever it is, it is read right or refused with a sentence of its own."""

import io
import zipfile

import pytest
import xlsxwriter

from policies.columns import recognised
from portal.connectors.extent import Extent
from portal.connectors.tables import Format, Limits, open_table
from portal.connectors.unreadable import Unreadable

LIMITS = Limits(rows=1000, inflated_bytes=20_000_000)
LIST = "Email;Name;Status\r\nana@example.com;Ána Łuk;active\r\n\r\nbo@example.com;Bo;left\r\n"


def opened(content: bytes, limits=LIMITS, **wanted):
    wanted = Format(**wanted)
    return open_table(io.BytesIO(content), wanted, limits, lambda c: recognised(c, "people"))


def rows(table):
    return list(table.rows())


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("utf-16"),
        LIST.encode("utf-16-le"),
        LIST.replace(";", ",").encode(),
        LIST.replace(";", "\t").encode(),
        LIST.replace(";", "|").encode(),
        LIST.replace("\r\n", "\n").encode(),
        LIST.replace("\r\n", "\r").encode(),
    ],
)
def test_encoding_delimiter_and_line_ends_are_found(content):
    table = opened(content)
    assert table.header == ["Email", "Name", "Status"]
    assert rows(table) == [
        (2, ["ana@example.com", "Ána Łuk", "active"]),
        (4, ["bo@example.com", "Bo", "left"]),
    ]
    assert not table.format.guessed


ROW_OF_MANY = "a@b.c," + '"\n",' * 300_000
OPEN_QUOTE = 'a@b.c,"' + "x\n" * 600_000


@pytest.mark.parametrize("row", [ROW_OF_MANY, OPEN_QUOTE, OPEN_QUOTE.replace("\n", " ")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_row_that_never_ends_is_refused_and_its_line_is_named(row, encoding):
    table = opened(f"Email,Name\nz@b.c,Z\n\n{row}".encode(encoding))
    with pytest.raises(Unreadable, match=r"begins on line 4 is longer than 1,000,000 characters"):
        rows(table)


def test_many_rows_are_not_taken_for_one_that_never_ends():
    content = "Email,Name\n" + "".join(f'p{n}@b.c,"{"x" * 9000}\nsecond"\n' for n in range(200))
    assert len(rows(opened(content.encode()))) == 200


def test_german_windows_text_is_called_western():
    table = opened("Email,Name\njg@example.com,Jörg Groß\n".encode("cp1252"))
    assert (table.format.encoding, table.format.guessed) == ("cp1252", True)
    assert rows(table)[0][1] == ["jg@example.com", "Jörg Groß"]


def test_polish_windows_text_is_called_central_european():
    names = ["Łukasz Wójcik", "Małgorzata Wiśniewska", "Józef Dąbrowski", "Żaneta Kaźmierczak"]
    text = "Email,Name\n" + "".join(f"p{n}@example.com,{name}\n" for n, name in enumerate(names))
    table = opened(text.encode("cp1250"))
    assert (table.format.encoding, table.format.guessed) == ("cp1250", True)
    assert [cells[1] for _, cells in table.rows()] == names


def test_a_person_can_overrule_the_encoding():
    content = "Email,Name\njg@example.com,Jörg\n".encode("cp1252")
    assert rows(opened(content, encoding="cp1251"))[0][1][1] == "Jцrg"
    with pytest.raises(Unreadable, match="not in utf-8"):
        opened(content, encoding="utf-8")


def test_lines_above_the_header_are_passed_over():
    content = b"Report of all users\nCreated,2026-11-22\n\nEmail,Name,Status\na@b.c,A,active\n"
    table = opened(content)
    assert (table.format.header_row, table.header) == (4, ["Email", "Name", "Status"])
    assert rows(table) == [(5, ["a@b.c", "A", "active"])]


def test_a_list_without_a_header_has_lettered_columns():
    table = opened(b"root:x:0:0\ndaemon:x:1:1\n", header_row=0, delimiter=":")
    assert table.header == ["Column A", "Column B", "Column C", "Column D"]
    assert len(rows(table)) == 2


def test_headers_are_made_different():
    table = opened(b"Email,Email,,Email\na,b,c,d\n")
    assert table.header == ["Email", "Email (2)", "Column C", "Email (3)"]


def test_quoted_cells_may_hold_anything():
    table = opened(b'Email,Name\na@b.c,"Doe, ""J""\nsecond line"\nd@e.f,D\n')
    assert rows(table) == [(2, ["a@b.c", 'Doe, "J"\nsecond line']), (3, ["d@e.f", "D"])]


def test_a_quote_never_closed_is_told():
    table = opened(b'Email,Name\na@b.c,A\nd@e.f,"never closed\ng@h.i,G\n')
    assert [number for number, _ in table.rows()] == [2]
    assert table.broken[0][0] == 3
    assert "closing quotation mark" in table.broken[0][1]


def test_two_hundred_columns_are_read():
    header = ",".join(["Email", *[f"c{n}" for n in range(199)]])
    table = opened(f"{header}\n{','.join(['x'] * 200)}\n".encode())
    assert len(table.header) == 200
    assert len(rows(table)[0][1]) == 200


def test_too_many_columns_and_rows_are_refused():
    with pytest.raises(Unreadable, match="501 columns"):
        opened((",".join(f"c{n}" for n in range(501)) + "\n").encode())
    table = opened(b"Email,Name\n" + b"a@b.c,A\n" * 1001)
    with pytest.raises(Unreadable, match="more than 1,000 rows"):
        rows(table)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\r\n  \n", "The file is empty"),
        (b"<!DOCTYPE html><html><title>Sign in</title>", "web page"),
        (b"\n<HTML><body>", "web page"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b'{"users": []}', "JSON"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x89PNG\r\n", "picture"),
        (b"abc\x00\x01\x02" * 50, "not a text file"),
        (b"PK\x03\x04 cut off", "damaged"),
    ],
)
def test_what_is_no_list_is_refused_with_its_own_sentence(content, sentence):
    with pytest.raises(Unreadable, match=sentence):
        opened(content)


def workbook(*lines, name="Sheet1", first_row=0):
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"strings_to_formulas": False})
    sheet = book.add_worksheet(name)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, line in enumerate(lines, first_row):
        for column, cell in enumerate(line):
            if hasattr(cell, "year"):
                sheet.write_datetime(number, column, cell, day)
            else:
                sheet.write(number, column, cell)
    book.close()
    return buffer.getvalue()


def test_a_spreadsheet_reads_like_a_list():
    from datetime import datetime  # noqa: PLC0415  only here

    content = workbook(
        ["Email", "Number", "Start", "Note"],
        ["a@b.c", 1001, datetime(2026, 12, 31), "=1+1"],  # noqa: DTZ001  a cell has no zone
        [],
        ["d@e.f", 1.5, datetime(2026, 12, 31, 10, 30), ""],  # noqa: DTZ001  as above
    )
    table = opened(content)
    assert table.header == ["Email", "Number", "Start", "Note"]
    assert rows(table) == [
        (2, ["a@b.c", "1001", "2026-12-31", "=1+1"]),
        (4, ["d@e.f", "1.5", "2026-12-31 10:30:00", ""]),
    ]


def test_rows_of_a_spreadsheet_are_numbered_as_it_shows_them():
    table = opened(workbook(["Email", "Name"], ["a@b.c", "A"], first_row=3))
    assert table.format.header_row == 4
    assert rows(table) == [(5, ["a@b.c", "A"])]


def test_another_archive_is_no_spreadsheet():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("users.csv", "Email\n")
    with pytest.raises(Unreadable, match="ZIP archive"):
        opened(buffer.getvalue())


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused():
    content = bomb(b"<row/>" * 5_000_000)
    assert len(content) < 200_000
    with pytest.raises(Unreadable, match="would unpack to 30 MB"):
        opened(content)


def test_a_spreadsheet_packed_beyond_belief_is_refused():
    with pytest.raises(Unreadable, match="no real list has"):
        opened(bomb(b" " * 15_000_000))


def test_a_spreadsheet_that_lies_about_its_size_is_refused():
    content = bomb(b"x" * 900_000)
    honest, claimed = (900_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert content.count(honest) >= 1
    with pytest.raises(Unreadable, match="damaged"):
        opened(content.replace(honest, claimed))


def test_a_spreadsheet_with_a_cell_in_the_far_corner_is_refused():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "Email")
    sheet.write(1_048_575, 16_383, "far away")
    book.close()
    with pytest.raises(Unreadable, match="column XFD and row 1,048,576"):
        opened(buffer.getvalue())


def sheet_without_places(*rows: bytes) -> bytes:
    return bomb(b"<worksheet><sheetData>" + b"".join(rows) + b"</sheetData></worksheet>")


def test_a_sheet_whose_cells_do_not_say_where_they_are_is_bounded_as_well():
    wide, last = b"<row>" + b"<c/>" * 16_000 + b"</row>", b"<row><c><v>1</v></c></row>"
    with pytest.raises(Unreadable, match="column WRJ and row"):
        opened(sheet_without_places(wide, b"<row/>" * 300_000, last))


def test_a_sheet_that_says_only_of_some_cells_where_they_are_is_bounded_as_well():
    placed, open_ = b'<row><c r="ABC1"><v>1</v></c>', b"<c><v>2</v></c>" * 3000 + b"</row>"
    with pytest.raises(Unreadable, match="row 90,001"):
        opened(sheet_without_places(placed, open_, b'<row r="89999"><c><v>3</v></c></row>'))


def test_a_usual_sheet_is_not_thought_larger_than_it_is():
    extent = Extent()
    cells = b"".join(b'<c r="%c%d" t="s"><v>1</v></c>' % (65 + n, 7) for n in range(20))
    sheet = b'<row r="7" spans="1:20">' + cells + b"</row>"
    content = sheet * 2000
    for start in range(0, len(content), 1013):  # tags are cut in two anywhere
        extent.add(content[start : start + 1013])
    assert (extent.columns, extent.rows) == (26, 0)  # up to Z and 10,000 nobody looks closer


def bomb(content: bytes) -> bytes:
    """A spreadsheet with one part of this content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return buffer.getvalue()
