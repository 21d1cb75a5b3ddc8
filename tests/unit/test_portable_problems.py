"""`validate` says everything that is wrong with a file, each with its line and key."""

import pytest

from builder.portable_problems import validate

TEXT = """schema: 1
name: Plain
inputs: {type: object, required: [text], properties: {text: {type: string}}}
samples: [{name: One, inputs: {text: Hello}}]
nodes:
  first: {type: prompt, model: fast, config: {prompt: "{{ inputs.text }}"}}
  each:
    type: map
    config:
      items: [1, 2]
      body:
        nodes:
          inner: {type: prompt, config: {prompt: "{{ item }}"}}
edges: [first -> each]
"""


def found(old: str = "", new: str = "") -> list[str]:
    assert old in TEXT
    return [str(fault) for fault in validate(TEXT.replace(old, new, 1), base=None)]


def test_a_good_file_has_none() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "type: prompt, model: fast",
            "type: teleport, model: fast",
            "line 6, nodes.first.type: There is no node type 'teleport'",
        ),
        ('prompt: "{{ inputs.text }}"', "promt: x", "line 6, nodes.first.config.promt: "),
        ('prompt: "{{ inputs.text }}"', "", "line 6, nodes.first.config.prompt: "),
        ("model: fast", 'model: ""', "line 6, nodes.first.model:"),
        ('{prompt: "{{ item }}"}', "{prompt: 3}", "line 13, nodes.each.config.body.nodes.inner.config.prompt: "),
        ("type: prompt, config", "type: nothing, config", "line 13, nodes.each.config.body.nodes.inner.type: "),
        (
            "inputs: {text: Hello}",
            "inputs: {text: 3}",
            "line 4, samples[0].inputs: The sample does not fit the input: text",
        ),
        ("inputs: {text: Hello}", "inputs: {}", "line 4, samples[0].inputs: The sample does not fit"),
        (
            "inputs: {text: Hello}",
            "inputs: {text: x}, answers: {nobody: {a: 1}}",
            "There is no node 'nobody' that could ask",
        ),
        ("{type: object, required", "{type: objet, required", "line 3, inputs: "),
        ("{type: string}", "{$ref: 'http://example.com/s.json'}", "leads outside"),
        ("name: Plain", "nam: Plain", "line 2, nam: There is no key 'nam' here"),
        ("[first -> each]", "[first -> each", "This is not YAML here"),
    ],
)
def test_a_problem_is_said_with_its_line_and_key(old: str, new: str, says: str) -> None:
    assert any(says in text for text in found(old, new)), found(old, new)


def test_problems_come_in_the_order_of_their_lines() -> None:
    text = TEXT.replace("type: prompt, model: fast", "type: teleport").replace("text: Hello", "text: 3")
    assert [fault.line for fault in validate(text, base=None)] == [4, 6]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"{{ inputs.text }}"', '"{{ nobody.text }}"', "line 6, nodes.first.config.prompt: "),
        ("{{ item }}", "{{ nobody.text }}", "line 13, nodes.each.config.body.nodes.inner.config.prompt: "),
        ("[first -> each]", "[first.side -> each]", "line 14, edges[0]: "),
        ("edges: [first -> each]", 'edges: [first -> each]\noutput: "{{ nobody.x }}"', "line 15, output: "),
        (
            "first: {type: prompt, model: fast,",
            "first: {type: agent, tools: [hammer], goal: x,",
            "There is no key 'goal' here",
        ),
        (
            'first: {type: prompt, model: fast, config: {prompt: "{{ inputs.text }}"}}',
            "first: {type: agent, tools: [hammer], config: {goal: Go}}",
            "line 6, nodes.first.tools: There is no tool 'hammer'",
        ),
    ],
)
def test_a_problem_of_the_graph_is_said_where_it_stands_in_the_file(old: str, new: str, says: str) -> None:
    assert any(says in text for text in found(old, new)), found(old, new)


def test_a_hint_is_marked_as_one() -> None:
    text = TEXT.replace("model: fast,", "model: fast, default: x,")
    (fault,) = validate(text, base=None)
    assert (fault.is_hint, fault.code, fault.line) == (True, "unused_default", 6)
