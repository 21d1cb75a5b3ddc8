"""Documents become text, tables and links, whatever they are called."""

import pytest

from orchestrator.documents import DocumentRefused, parse
from tests.fakes.files import pdf, word, workbook

PRICES = [["Item", "Price"], ["Bolt", "1.20"], ["Nut", "0.80"]]
PAGE = b"""<!doctype html><html><head><title> Trains  again </title><style>p {color: red}</style></head><body>
<nav><a href="/home">Home</a> <a href="#top">Top</a></nav>
<article><h1>Trains run again</h1><p>After three weeks the line <b>north</b> is open.</p><p>Tickets stay valid, said the
railway on Monday, and every passenger who paid for a bus is given the money back within a month.</p>
<ul><li>Line 1</li><li>Line 2</li></ul>
<table><tr><th>Town</th><th>Time</th></tr><tr><td>Kiel</td><td>10:40</td></tr></table></article>
<script>alert(1)</script><footer>Imprint <a href="https://example.org/imprint">here</a></footer></body></html>"""


def test_a_pdf_gives_its_pages_and_its_tables():
    found = parse(name="prices.bin", content=pdf(["Price list", "Second page"], table=PRICES))
    assert (found["kind"], found["pages"]) == ("pdf", 2)
    assert "Price list" in found["text"]
    assert "Second page" in found["text"]
    assert found["tables"] == [{"name": "", "page": 1, "rows": PRICES}]


def test_a_word_file_gives_headings_paragraphs_and_tables_in_their_order():
    found = parse(name="a", content=word(["First.", "Second."], heading="Report", table=PRICES))
    assert found["kind"] == "docx"
    assert found["text"] == "# Report\n\nFirst.\n\nSecond.\n\nItem | Price\nBolt | 1.20\nNut | 0.80"
    assert found["tables"][0]["rows"] == PRICES


def test_a_spreadsheet_gives_a_table_per_sheet_with_numbers_as_numbers():
    found = parse(
        name="a", content=workbook({"May": [["Item", "Sum"], ["Bolt", 3.5], [None, None], ["Nut", 2]], "Empty": []})
    )
    assert (found["kind"], found["pages"]) == ("xlsx", 2)
    assert found["tables"][0] == {"name": "May", "page": 1, "rows": [["Item", "Sum"], ["Bolt", 3.5], ["Nut", 2]]}
    assert "Bolt | 3.5" in found["text"]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_separated_values_are_told_by_their_content(sign):
    found = parse(name="rows", content=f'name{sign}city\nAda{sign}"Kiel{sign} north"\nBo{sign}Ulm\n'.encode())
    assert found["kind"] == "csv"
    assert found["tables"][0]["rows"][1] == ["Ada", f"Kiel{sign} north"]


def test_prose_with_commas_is_text():
    content = b"Dear Ada, hello\nI write, as you know,\nbecause of rain.\n"
    assert parse(name="letter", content=content)["kind"] == "text"


def test_the_name_decides_between_prose_and_rows():
    content = b"first, second\nthird, fourth\n"
    assert parse(name="poem.txt", content=content)["kind"] == "text"
    assert parse(name="poem", content=content)["kind"] == "csv"


def test_a_page_gives_its_article_its_text_its_table_and_its_links():
    found = parse(name="page.pdf", content=PAGE)
    assert (found["kind"], found["title"]) == ("html", "Trains again")
    assert "After three weeks the line north is open." in found["article"]
    assert "Imprint" not in found["article"]
    assert "# Trains run again" in found["text"]
    assert "- Line 1\n- Line 2" in found["text"]
    assert "alert" not in found["text"] + found["article"]
    assert found["tables"][0]["rows"] == [["Town", "Time"], ["Kiel", "10:40"]]
    assert {"text": "Home", "url": "/home"} in found["links"]
    assert all(link["url"] != "#top" for link in found["links"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
    ],
)
def test_text_is_read_in_its_encoding(content, text):
    assert parse(name="a.txt", content=content)["text"] == text


def test_a_page_is_read_in_the_charset_it_declares():
    content = '<html><head><meta charset="iso-8859-5"></head><body>Привет</body></html>'.encode("iso-8859-5")
    assert parse(name="a", content=content)["text"] == "Привет"


def test_nul_characters_are_replaced():
    assert parse(name="a.txt", content=b"x" * 200 + b"\0")["text"].endswith("\ufffd")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-1.4\nthis is none", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "old Office"),
        (bytes(range(32)) * 30, "no document that is read here"),
    ],
)
def test_what_is_no_document_is_refused_with_words(content, words):
    with pytest.raises(DocumentRefused, match=words):
        parse(name="a.pdf", content=content)


def test_a_long_table_is_cut_and_says_so():
    found = parse(name="a", content=b"a,b\n" + b"1,2\n" * 150_000)
    assert found["truncated"] is True
    assert len(found["tables"][0]["rows"]) == 100_000
