"""Real files, made in the test: a PDF by hand, DOCX and XLSX by the libraries that write them."""

import io
import zipfile
from collections.abc import Mapping, Sequence

import docx
import openpyxl

Rows = Sequence[Sequence[object]]


def pdf(pages: Sequence[str], *, table: Rows = ()) -> bytes:
    """A PDF with one text per page, and a ruled table on the first."""
    streams = [_page_stream(text, table if number == 0 else ()) for number, text in enumerate(pages)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            + f"/Contents {5 + 2 * number} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return pdf_of(objects)


def pdf_of(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, the first of them the catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _page_stream(text: str, table: Rows) -> bytes:
    lines = [f"BT /F1 12 Tf 72 {720 - 16 * number} Td ({line}) Tj ET" for number, line in enumerate(text.splitlines())]
    top, height, width = 500, 20, 120
    columns = len(table[0]) if table else 0
    for number in range(len(table) + 1 if table else 0):
        y = top - number * height
        lines.append(f"72 {y} m {72 + columns * width} {y} l S")
    for number in range(columns + 1 if table else 0):
        x = 72 + number * width
        lines.append(f"{x} {top} m {x} {top - len(table) * height} l S")
    for row, cells in enumerate(table):
        for column, value in enumerate(cells):
            x, y = 76 + column * width, top - row * height - 14
            lines.append(f"BT /F1 10 Tf {x} {y} Td ({value}) Tj ET")
    return "\n".join(lines).encode("latin-1")


def word(paragraphs: Sequence[str], *, heading: str = "", table: Rows = ()) -> bytes:
    document = docx.Document()
    if heading:
        document.add_heading(heading, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, value in zip(grid.add_row().cells, row, strict=True):
                cell.text = str(value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def replaced(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A zip with some of its parts replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        kept = {name: packed.read(name) for name in packed.namelist()}
    return archive(kept | dict(parts))
