"""S11, parsers: what a hostile document tries is refused, and what its parser takes is bounded."""

import io
import os
import resource
import stat
import zipfile
import zlib

import pytest

from orchestrator.documents import LARGEST, DocumentRefused, parse
from orchestrator.documents.child import CPU_SECONDS, MEMORY
from orchestrator.documents.kinds import kind_of
from tests.fakes.files import archive, pdf, pdf_of, replaced, word, workbook

ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>&b;</w:p></w:body></w:document>"""


def test_the_content_tells_the_kind_and_the_name_does_not():
    assert kind_of(pdf(["x"]), ".docx") == "pdf"
    assert kind_of(b'{"filename": "report.pdf", "path": "/etc/passwd"}', ".pdf") == "text"


def test_a_document_over_25_mib_is_refused_before_anything_reads_it():
    with pytest.raises(DocumentRefused, match="at most 25 MiB"):
        parse(name="a.txt", content=b"x" * (LARGEST + 1))


def test_a_zip_bomb_is_refused():
    with pytest.raises(DocumentRefused, match="unpacks to over 200 times"):
        parse(name="a.docx", content=replaced(word(["x"]), {"word/big.xml": bytes(50 << 20)}))


def test_many_parts_that_are_large_together_are_refused():
    noise = os.urandom(1 << 13) * 640
    parts = {f"part{number}": noise for number in range(45)}
    with pytest.raises(DocumentRefused, match="unpacks to more than 200 MiB"):
        parse(name="a.docx", content=replaced(word(["x"]), parts))


def test_too_many_parts_are_refused():
    with pytest.raises(DocumentRefused, match="at most 5000"):
        parse(name="a.docx", content=archive({f"part{number}": b"" for number in range(5001)}))


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "word/../../x", "C:/x", "..\\x"])
def test_a_name_that_leads_out_is_refused(name):
    with pytest.raises(DocumentRefused, match="leads out"):
        parse(name="a.docx", content=archive({"word/document.xml": b"<w/>", name: b"x"}))


def test_a_link_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        link = zipfile.ZipInfo("word/document.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(DocumentRefused, match="holds a link"):
        parse(name="a.docx", content=out.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", ["word/document.xml", "xl/sharedStrings.xml"])
def test_xml_entities_are_refused(part, encoding):
    source = word(["x"]) if part.startswith("word") else workbook({"a": [["x"]]})
    with pytest.raises(DocumentRefused, match="XML entities"):
        parse(name="a", content=replaced(source, {part: ENTITIES.decode().encode(encoding)}))


def test_an_archive_that_is_no_document_is_refused():
    with pytest.raises(DocumentRefused, match="neither DOCX nor XLSX"):
        parse(name="a.zip", content=archive({"setup.exe": b"MZ"}))


def test_a_pdf_whose_stream_unpacks_to_more_than_the_memory_is_ended():
    bomb = zlib.compress(zlib.compress(bytes(1 << 30), 9), 9)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(bomb), bomb)
    content = pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream])
    assert len(content) < 100_000
    with pytest.raises(DocumentRefused, match=r"too much time or memory|damaged"):
        parse(name="a.pdf", content=content)


def test_a_parser_that_does_not_end_is_killed_in_time():
    with pytest.raises(DocumentRefused, match="too much time"):
        parse(name="a.csv", content=b"a,b\n" + b"1,2\n" * 1_000_000, timeout=0.05)


def test_the_limits_are_those_of_the_child_alone():
    parse(name="a.txt", content=b"hello")
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != MEMORY
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] != CPU_SECONDS


def test_a_module_that_lies_in_the_folder_or_on_the_path_of_the_server_is_not_imported(monkeypatch, tmp_path):
    (tmp_path / "lxml.py").write_text("raise SystemExit(7)")
    (tmp_path / "json.py").write_text("raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert parse(name="a.html", content=b"<html><body><p>hello</p></body></html>")["text"] == "hello"


def test_a_sheet_that_claims_a_million_rows_ends_early():
    source = workbook({"a": [["x"]]})
    with zipfile.ZipFile(io.BytesIO(source)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    row = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData>'
    far = sheet.replace('<dimension ref="A1:A1"/>', '<dimension ref="A1:XFD1048576"/>').replace("</sheetData>", row)
    assert far != sheet
    found = parse(name="a.xlsx", content=replaced(source, {"xl/worksheets/sheet1.xml": far.encode()}))
    assert found["tables"][0]["rows"] == [["x"]]
