"""Lists made to exhaust whoever reads them."""

import io
import zipfile

import pytest

from portal.connectors.tables import Format, Limits, open_table
from portal.connectors.unreadable import Unreadable

LIMITS = Limits(rows=1_000_000, inflated_bytes=512_000_000)
BOOK = '<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'


def opened(content):
    return open_table(io.BytesIO(content), Format(), LIMITS, lambda cells: 0)


def workbook(cell):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        sheet = f"<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return target.getvalue()


@pytest.mark.parametrize("header", [b"a," * 60_000, b",".join(b"%d" % n for n in range(20_000))])
def test_a_header_of_a_hundred_thousand_columns_is_refused_at_once(header):
    with pytest.raises(Unreadable, match="columns"):
        opened(header + b"\n" + header + b"\n")


FAR = (
    *('r="XFD900000"', "r='XFD900000'", "\tr\n=\t'XFD900000'"),
    *('r = "xfd900000"', 's="1" r="XFD900000"'),
)


@pytest.mark.parametrize("place", FAR)
def test_a_cell_far_out_is_found_however_it_is_written(place):
    with pytest.raises(Unreadable, match="column XFD"):
        opened(workbook(f"<c {place}><v>1</v></c>"))
