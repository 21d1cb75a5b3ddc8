"""The published JSON Schema says what the reader accepts, and is up to date."""

import json

from builder.portable_yaml import load
from builder.schema import PUBLISHED, schema_text, workflow_schema
from orchestrator import registry
from orchestrator.contract.json_schema import check_schema, problems_of

TEXT = """
schema: 1
name: Plain
nodes:
  first: {type: prompt, model: fast, config: {prompt: "{{ inputs.text }}"}}
edges: [first -> output]
"""


def problems(text: str) -> list[str]:
    return problems_of(load(text).data, workflow_schema())


def test_the_published_file_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == schema_text(), "Run `python -m builder.schema`."


def test_it_is_a_json_schema() -> None:
    check_schema(json.loads(schema_text()) | {"$defs": {}, "properties": {}})


def test_a_plain_file_fits() -> None:
    assert problems(TEXT) == []


def test_an_unknown_key_does_not_fit() -> None:
    assert problems(TEXT.replace("name: Plain", "name: Plain\nnodez: 3"))
    assert problems(TEXT.replace("model: fast", "modl: fast"))


def test_settings_are_checked_by_the_node_type() -> None:
    assert "nodes/first/config" in problems(TEXT.replace('prompt: "{{', 'promt: "{{'))[0]


def test_only_installed_types_are_offered() -> None:
    assert "nodes/first/type" in problems(TEXT.replace("type: prompt", "type: teleport"))[0]


def test_every_visible_node_type_is_offered() -> None:
    offered = workflow_schema()["$defs"]["NodeShape"]["properties"]["type"]["enum"]
    assert offered == sorted(name for name, kind in registry.node_types().items() if not kind.hidden)


def test_the_example_of_every_node_type_fits() -> None:
    for name, kind in registry.node_types().items():
        if not kind.hidden and not kind.has_body:
            data = {"schema": 1, "name": "x", "nodes": {"one": {"type": name, "config": kind.example}}}
            assert problems_of(data, workflow_schema()) == [], name


def test_edges_of_a_body_are_written_as_text() -> None:
    body = "{nodes: {a: {type: prompt, config: {prompt: x}}, b: {type: prompt, config: {prompt: y}}}, edges: [a -> b]}"
    each = f'nodes:\n  each: {{type: map, config: {{items: "{{{{ inputs.list }}}}", body: {body}}}}}\n'
    assert problems(f"schema: 1\nname: Each\n{each}") == []
    assert problems(f"schema: 1\nname: Each\n{each}".replace("a -> b", "{a: b}"))
