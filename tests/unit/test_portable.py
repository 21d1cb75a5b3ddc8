"""A workflow file is read into the document that a version stores, and written back the same."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.portable import Sample, WorkflowFile, digest, file_places, read_file, with_references, write_file
from builder.portable_errors import WrongFile
from builder.portable_yaml import dump, load
from orchestrator.engine.graph import compile_document
from orchestrator.engine.values import JsonObject, NodeKey

TEXT = """
schema: 1
name: Ask twice
description: Reads, then answers
tags: [short]
inputs:
  type: object
  required: [question]
  properties:
    question: {type: string}
    papers: {type: array, items: {type: string, format: file}}
tables:
  people: [{number: P-1, name: Ada}, {number: P-2, name: Grace}]
samples:
  - {name: One, inputs: {question: "Why?"}, answers: {form: {size: 3}}}
budget: {money: 0.50, calls: 40}
nodes:
  first: {type: prompt, model: fast, config: {prompt: "{{ inputs.question }}"}, retry: {tries: 2}, gate: {when: always}}
  second: {type: prompt, model: strong, config: {prompt: "{{ first.text }}"}, on_error: port}
  rescue: {type: prompt, config: {prompt: Say sorry.}}
edges: [inputs -> first, first -> second, second.error -> rescue, second -> output]
output: {answer: "{{ second.text }}"}
layout: {first: [0, 10.5]}
"""


def read(text: str = TEXT) -> WorkflowFile:
    return read_file(text, base=None)


def test_the_document_has_the_shape_that_the_engine_compiles() -> None:
    graph = compile_document(read().document)
    assert {"start", "first", "second", "rescue", "end"} == set(graph.nodes)
    assert graph.ports(NodeKey("second")) == {"error", "out"}
    assert graph.nodes[NodeKey("first")].retry.tries == 2


def test_inputs_and_output_stand_for_the_two_ends() -> None:
    assert read().document["edges"] == [
        ["start", "out", "first"],
        ["first", "out", "second"],
        ["second", "error", "rescue"],
        ["second", "out", "end"],
    ]


def test_model_beside_the_type_becomes_a_setting() -> None:
    assert read().document["nodes"]["second"]["config"] == {"prompt": "{{ first.text }}", "model": "strong"}


def test_money_is_dollars_in_the_file_and_micro_dollars_in_the_document() -> None:
    assert read().document["budget"] == {"money": 500_000, "calls": 40}
    assert "money: 0.5\n" in write_file(read())


def test_what_stands_beside_the_graph_is_kept() -> None:
    workflow = read()
    assert workflow.tables["people"][1] == {"number": "P-2", "name": "Grace"}
    assert workflow.samples == (Sample(name="One", inputs={"question": "Why?"}, answers={"form": {"size": 3}}),)
    assert workflow.layout == {"first": (0, 10.5)}
    assert (workflow.description, workflow.tags) == ("Reads, then answers", ("short",))


def test_a_round_trip_changes_nothing() -> None:
    workflow = read()
    again = read(write_file(workflow))
    assert again == workflow
    assert digest(again.document) == digest(workflow.document)
    assert write_file(again) == write_file(workflow)


def test_the_text_does_not_depend_on_the_order_in_which_keys_were_stored() -> None:
    workflow = read()
    shuffled = json.loads(json.dumps(workflow.document, sort_keys=True))
    again = read(write_file(replace(workflow, document=shuffled)))
    assert list(again.document["nodes"]) == list(read(write_file(workflow)).document["nodes"])
    assert digest(again.document) == digest(workflow.document)


def test_the_digest_does_not_see_layout_name_and_samples() -> None:
    other = read(TEXT.replace("[0, 10.5]", "[7, 7]").replace("Ask twice", "Other").replace("Why?", "How?"))
    assert digest(other.document) == digest(read().document)


@pytest.mark.parametrize(
    ("old", "new"),
    [("Say sorry.", "Say it."), ("second.error", "second"), ("calls: 40", "calls: 41"), ("tries: 2", "tries: 3")],
)
def test_the_digest_sees_the_graph(old: str, new: str) -> None:
    assert digest(read(TEXT.replace(old, new)).document) != digest(read().document)


def test_what_says_nothing_is_no_part_of_the_digest() -> None:
    document = {"nodes": {"a": {"type": "prompt"}}}
    padded: JsonObject = {
        "nodes": {"a": {"type": "prompt", "config": {}, "gate": None}},
        "edges": [],
        "budget": {},
        "output": None,
    }
    assert digest(padded) == digest(document)
    assert digest(read(write_file(WorkflowFile(name="x", document=padded))).document) == digest(document)


def test_the_body_of_a_container_is_written_like_a_graph() -> None:
    text = """
schema: 1
name: Each
nodes:
  each:
    type: map
    config:
      items: "{{ inputs.list }}"
      body:
        nodes:
          a: {type: prompt, model: fast, config: {prompt: "{{ item }}"}}
          b: {type: prompt, config: {prompt: "{{ a.text }}"}}
        edges: [a -> b]
        output: "{{ b.text }}"
"""
    workflow = read(text)
    body = workflow.document["nodes"]["each"]["config"]["body"]
    assert body["edges"] == [["a", "out", "b"]]
    assert body["nodes"]["a"]["config"]["model"] == "fast"
    assert digest(read(write_file(workflow)).document) == digest(workflow.document)


def test_tables_come_from_csv_and_json_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\ufeffnumber,name\n007,"Bond, James"\n')
    (tmp_path / "b.json").write_text('[{"number": 7, "active": true}]')
    text = TEXT.replace("people: [{number: P-1, name: Ada}, {number: P-2, name: Grace}]", "{a: a.csv, b: ./b.json}")
    text = text.replace("tables:\n  {", "tables: {")
    tables = read_file(text, base=tmp_path).tables
    assert tables == {"a": ({"number": "007", "name": "Bond, James"},), "b": ({"number": 7, "active": True},)}


def test_words_that_yaml_would_convert_stay_text() -> None:
    data = load("a: [no, on, 2026-11-05, 007, 12:30, ~, true, 1e3, .5, -4]").data
    assert data == {"a": ["no", "on", "2026-11-05", "007", "12:30", None, True, 1000.0, 0.5, -4]}


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_whatever_json_can_hold_survives_the_yaml(value: object) -> None:
    assert load(dump({"value": value})).data == {"value": value}


SCHEMA = {
    "type": "object",
    "properties": {
        "cover": {"type": "string", "format": "file"},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"scan": {"format": "file"}}}},
        "note": {"type": "string"},
    },
}


def test_files_are_found_where_the_schema_wants_them() -> None:
    inputs = {"cover": "a.pdf", "parts": [{"scan": "b.pdf"}, {}], "note": "a.pdf"}
    assert list(file_places(SCHEMA, inputs)) == [(("cover",), "a.pdf"), (("parts", 0, "scan"), "b.pdf")]


def test_uploaded_files_take_the_place_of_their_paths() -> None:
    inputs = {"cover": "a.pdf", "parts": [{"scan": "b.pdf"}], "note": "a.pdf"}
    assert with_references(SCHEMA, inputs, references={"a.pdf": "file:1", "b.pdf": "file:2"}) == {
        "cover": "file:1",
        "parts": [{"scan": "file:2"}],
        "note": "a.pdf",
    }


def test_a_sample_names_files_beside_the_workflow_file(tmp_path: Path) -> None:
    text = TEXT.replace('inputs: {question: "Why?"}', "inputs: {question: Why, papers: [p/a.txt, p/a.txt]}")
    with pytest.raises(WrongFile, match=r"samples\[0\].inputs.papers\[0\]: There is no file 'p/a.txt'"):
        read_file(text, base=tmp_path)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.txt").write_text("x")
    assert read_file(text, base=tmp_path).samples[0].files == ("p/a.txt",)
