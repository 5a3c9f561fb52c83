"""CSV: nothing in it runs, nothing is lost, and it comes as a stream."""

import csv
import io

import pytest

from portal.reports.sheet import csv_bytes


def read_back(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1", "\xa0=1", "＝1+1", "＠x"],
)
def test_a_formula_is_written_as_text(cell):
    assert read_back(b"".join(csv_bytes(["h"], [[cell]])))[1] == ["'" + cell]


@pytest.mark.parametrize(
    "cell", ["a=b", 'say "hi"', "x,", "two\r\nlines", '","=1', "", "é – 中", "a\x1fb", "\x1e", " x"]
)
def test_anything_else_is_written_as_it_is(cell):
    rows = read_back(b"".join(csv_bytes(["a", "b", "c"], [["1", cell, "2"], [cell, cell, cell]])))
    assert rows[1:] == [["1", cell, "2"], [cell, cell, cell]]


def test_a_formula_beside_a_control_character_is_still_neutralised():
    assert read_back(b"".join(csv_bytes(["a", "b"], [["\x1f", "=1"]])))[1] == ["\x1f", "'=1"]


def test_every_cell_is_quoted_and_lines_end_in_crlf_without_a_byte_order_mark():
    assert b"".join(csv_bytes(["a", "b"], [["1", ""]])) == b'"a","b"\r\n"1",""\r\n'


def test_the_first_bytes_come_before_the_last_row_is_made():
    made = []

    def rows():
        for number in range(5000):
            made.append(number)
            yield [str(number)]

    stream = csv_bytes(["n"], rows())
    assert next(stream) == b'"n"\r\n'
    assert made == []
    next(stream)
    assert len(made) < 1000
