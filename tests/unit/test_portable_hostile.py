"""Workflow files come from strangers: what is wrong with one is refused, with line, key and what to do."""

import time
from pathlib import Path

import pytest

from builder.portable import read_file
from builder.portable_errors import WrongFile

TEXT = """schema: 1
name: Plain
inputs: {type: object, properties: {paper: {type: string, format: file}}}
tables: {people: [{number: P-1}]}
samples: [{name: One, inputs: {}}]
budget: {money: 0.50}
nodes:
  first: {type: prompt, config: {prompt: Hello}}
  second: {type: prompt, config: {prompt: Bye}, gate: {when: always}}
edges: [first -> second]
output: {}
"""
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))


def refusal(text: str, base: Path | None = None) -> WrongFile:
    with pytest.raises(WrongFile) as caught:
        read_file(text, base=base)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (BOMB, "unsafe_yaml", "line 1, a: Anchors (&) and aliases (*) are not read"),
        ("a: *b", "unsafe_yaml", "aliases"),
        ("a: {<<: *b}", "unsafe_yaml", "aliases"),
        ("a: !!python/object/apply:os.system [id]", "unsafe_yaml", "line 1, a: The tag"),
        ("!!python/name:os.system x: 1", "unsafe_yaml", "The tag"),
        ("a: !!set {x}", "unsafe_yaml", "The tag"),
        ("a: ! x", "unsafe_yaml", "The tag"),
        ("[" * 200_000, "unsafe_yaml", "more than 32 levels"),
        ("{a: " * 50_000, "unsafe_yaml", "more than 32 levels"),
        ("- " * 50_000, "unsafe_yaml", "more than 32 levels"),
        ("schema: 1\n---\nschema: 1\n", "unsafe_yaml", "line 2: A workflow file is one YAML document"),
        ("name: x\nnodes: {}\nname: y\n", "wrong_shape", "line 3, name: This key is there twice, first on line 1"),
        ("? [a, b]\n: c", "wrong_shape", "A key is a word"),
        ("a: [1", "wrong_yaml", "line 2: This is not YAML here"),
        ("a: b: c", "wrong_yaml", "This is not YAML here"),
        ("a: \x07", "wrong_yaml", "This is not YAML here"),
        ("", "wrong_yaml", "The file is empty"),
        ("a: \ud800", "wrong_yaml", "UTF-8"),
        ('a: "x\\0"', "wrong_shape", "NUL"),
        ("a: " + "9" * 5000, "wrong_shape", "too long"),
        ("a: 1e999", "wrong_shape", "too large"),
        ("a: " + "x" * (1 << 20), "too_large_file", "at most 1 MiB"),
        ("just text", "wrong_shape", "begin with `schema: 1`"),
        ("[1, 2]", "wrong_shape", "begin with `schema: 1`"),
    ],
)
def test_yaml_that_is_more_than_plain_data_is_refused(text: str, code: str, says: str) -> None:
    error = refusal(text)
    assert (error.code, says in str(error)) == (code, True), str(error)


@pytest.mark.parametrize("text", ["[" * 500_000, "a: " + "{" * 900_000, BOMB * 100, "- " * 400_000, "x" * (1 << 24)])
def test_a_bomb_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    refusal(text)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema: 1", "schema: 2", "line 1, schema: This Baton reads files of schema 1, not 2"),
        ("schema: 1", "schema: true", "not True"),
        ("schema: 1\n", "", "The file names no version"),
        ("name: Plain", "nam: Plain", "line 2, nam: There is no key 'nam' here. Is `name` meant?"),
        ("name: Plain", "name: 3", "line 2, name: Input should be a valid string"),
        ("{money: 0.50}", "{money: -1}", "line 6, budget.money"),
        ("{money: 0.50}", "{money: 0.0000001}", "at most six decimals"),
        ("{money: 0.50}", "{mony: 1}", "line 6, budget.mony: There is no key 'mony' here. Is `money` meant?"),
        ("  first: {type: prompt", "  first: {tpe: prompt", "line 8, nodes.first.type: The key `type` is missing"),
        ("when: always", "when: never", "line 9, nodes.second.gate.when"),
        ("when: always", "wen: always", "Is `when` meant?"),
        ("  first:", "  ../first:", "A name begins with a letter"),
        ("  first:", "  a.b:", "A name begins with a letter"),
        ("  first:", "  __class__.x:", "A name begins with a letter"),
        ("  first:", f"  {'a' * 65}:", "at most 64"),
        ("  first:", "  end:", "line 8, nodes.end: The name 'end' has a meaning of its own"),
        ("  first:", "  inputs:", "has a meaning of its own"),
        ("first -> second", "first => second", "line 10, edges[0]: 'first => second' is no edge"),
        ("first -> second", "first -> second -> first", "is no edge"),
        ("first -> second", "first -> third", "line 10, edges[0]: There is no node 'third'"),
        ("first -> second", "output -> first", "not the other way"),
        ("[{number: P-1}]", "[{number: [1]}]", "line 4, tables.people: Row 1, 'number': a cell is text"),
        ("[{number: P-1}]", "[3]", "line 4, tables.people: Row 1 is no object"),
        ("[{number: P-1}]", "7", "line 4, tables.people"),
        ("{people:", "{'people; drop':", "A name begins with a letter"),
        ("inputs: {}}]", "inputs: {}, input: 3}]", "line 5, samples[0].input: There is no key 'input' here"),
        ("inputs: {}}]", "inputs: {paper: 3}}]", "line 5, samples[0].inputs.paper: A file of a sample is a path"),
        ("config: {prompt: Hello}", "config: [Hello]", "line 8, nodes.first.config: Input should be an object"),
        (
            "config: {prompt: Hello}",
            "model: a, config: {model: b}",
            "line 8, nodes.first.model: `model` stands here and",
        ),
    ],
)
def test_what_is_wrong_is_named_with_line_and_key(old: str, new: str, says: str) -> None:
    assert old in TEXT
    error = refusal(TEXT.replace(old, new, 1))
    assert says in str(error), str(error)


def test_all_that_is_wrong_is_said_at_once() -> None:
    error = refusal(TEXT.replace("name: Plain", "nam: Plain").replace("when: always", "when: never"))
    assert {fault.key for fault in error.faults} == {"name", "nam", "nodes.second.gate.when"}


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "/etc/passwd",
        "a/../../secret.csv",
        "..\\secret.csv",
        "file:///etc/passwd",
        "C:/x.csv",
        "",
        "link.csv",
    ],
)
@pytest.mark.parametrize("where", ["table", "sample"])
def test_a_path_out_of_the_folder_is_refused(path: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.csv").symlink_to(tmp_path / "secret.csv")
    old, new = (
        ("[{number: P-1}]", f"'{path}'") if where == "table" else ("inputs: {}}]", f"inputs: {{paper: '{path}'}}}}]")
    )
    error = refusal(TEXT.replace(old, new), base=home)
    assert error.code == "wrong_path"
    assert "folder" in str(error) or "beside" in str(error)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"x,y\n1\n", "Line 2 of 'a.csv' has 1 cells, the header has 2"),
        ("a.csv", b"x,x\n1,2\n", "names the columns, each once"),
        ("a.csv", b"", "names the columns"),
        ("a.csv", b'x\n"1', "is no CSV"),
        ("a.csv", b"\xff\xfe", "not UTF-8"),
        ("a.json", b"{}", "holds no list"),
        ("a.json", b"[{", "is not JSON"),
        ("a.json", b"[" * 100_000, "is not JSON"),
        ("a.json", b'[{"a": {}}]', "a cell is text"),
        ("a.txt", b"x", "neither .csv nor .json"),
        ("a.csv", b"x\n" + b"1\n" * 20_001, "at most 20,000 rows"),
        ("a.csv", b"x\n" + b"1" * (5 << 20), "larger than 5 MiB"),
    ],
)
def test_a_table_that_is_none_is_refused(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    error = refusal(TEXT.replace("[{number: P-1}]", name), base=tmp_path)
    assert says in str(error)
    assert error.faults[0].key == "tables.people"


def test_a_table_in_a_folder_that_did_not_come_along_is_said() -> None:
    assert "came without its folder" in str(refusal(TEXT.replace("[{number: P-1}]", "a.csv")))
