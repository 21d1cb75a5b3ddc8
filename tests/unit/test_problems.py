"""What is wrong with a workflow is found all at once, each with its place and what to do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import registry
from orchestrator.contract.catalogue import Types
from orchestrator.engine.graph import compile_document
from orchestrator.engine.problem import Problem, Severity
from orchestrator.engine.problems import find_problems

TYPES = Types(nodes=registry.node_types(), tools=registry.tool_types())
ECHO = {"type": "transform", "config": {"template": "x"}}
INPUTS = {"type": "object", "properties": {"message": {"type": "string"}, "total": {"type": "number"}}}


def echo(template: Any = "x", **more: Any) -> dict[str, Any]:
    return {"type": "transform", "config": {"template": template}, **more}


def document(*edges: list[str], output: Any = None, **nodes: Any) -> dict[str, Any]:
    return {"inputs": INPUTS, "nodes": nodes, "edges": list(edges), "output": output}


def problems(source: Any) -> tuple[Problem, ...]:
    return find_problems(source, TYPES)


def only(source: Any) -> Problem:
    found = problems(source)
    assert len(found) == 1, found
    return found[0]


def mapped(body: Any, **config: Any) -> dict[str, Any]:
    return {"type": "map", "config": {"items": [1], "body": body, **config}}


GOOD = document(
    ["start", "out", "sort"],
    ["sort", "big", "each"],
    ["sort", "otherwise", "ask"],
    ["each", "out", "ask"],
    ["ask", "rejected", "again"],
    ["call", "error", "again"],
    output={"reply": "{{ ask.text }}{{ again }}", "of": "{{ inputs.message }}"},
    sort={"type": "router", "config": {"routes": {"big": {"field": "inputs.total", "is": "above", "value": 5}}}},
    each=mapped(
        {
            "nodes": {"read": echo("{{ item }} {{ sort.reason }}"), "sum": echo("{{ read }} {{ index }}")},
            "edges": [["read", "out", "sum"]],
            "output": "{{ sum }}",
        }
    ),
    ask={
        "type": "prompt",
        "config": {"prompt": "{{ each | json }} {{ inputs.message }}"},
        "gate": {"when": "sample", "percent": 20},
        "retry": {"tries": 2, "wait": 0.5},
        "timeout": 60,
        "cache": 3600,
        "title": "Ask",
    },
    again=echo("{{ ask.text }}"),
    call={"type": "tool", "config": {"tool": "lookup_record", "arguments": {"table": "t"}}, "on_error": "port"},
)


def test_a_good_workflow_has_none_and_compiles():
    assert problems(GOOD) == ()
    assert "each/sum" in compile_document(GOOD).nodes


@pytest.mark.parametrize(
    ("source", "code", "node", "field", "words"),
    [
        ([], "wrong_shape", "", "", "an object with nodes"),
        (document(), "no_nodes", "", "nodes", "add one"),
        (document(a=[1]), "wrong_shape", "a", "", "an object with a `type`"),
        (document(a={"type": "magic"}), "unknown_type", "a", "type", "there are agent, checkpoint, "),
        (document(a={"type": "start"}), "unknown_type", "a", "type", "no node type 'start'"),
        (document(a={}), "unknown_type", "a", "type", "no node type None"),
        (document(a={"type": "prompt"}), "wrong_config", "a", "config.prompt", "Field required"),
        (
            document(a={"type": "wait", "config": {"seconds": -1}}),
            "wrong_config",
            "a",
            "config.seconds",
            "greater than 0",
        ),
        (document(a={"type": "transform", "config": 5}), "wrong_config", "a", "config", "is an object"),
        (document(a={"type": "transform"}), "wrong_config", "a", "config", "Give either an expression or a template."),
        (
            document(a={"type": "tool", "config": {"tool": "lookup"}}),
            "wrong_config",
            "a",
            "config.tool",
            "there are ask_person",
        ),
        (
            document(a={"type": "tool", "config": {"tool": "web_page", "arguments": {}}}),
            "wrong_config",
            "a",
            "config.arguments.url",
            "web_page needs the argument 'url'",
        ),
        (
            document(a={"type": "tool", "config": {"tool": "web_page", "arguments": {"url": "x", "uri": "y"}}}),
            "wrong_config",
            "a",
            "config.arguments.uri",
            "it has url, links, max_characters",
        ),
        (
            document(a={"type": "agent", "config": {"goal": "x", "tools": ["magic"]}}),
            "wrong_config",
            "a",
            "config.tools",
            "magic",
        ),
        (document(item=echo()), "reserved_key", "item", "", "choose another key"),
        (document(end=echo()), "reserved_key", "end", "", "choose another key"),
        (document(**{"two words": echo()}), "wrong_key", "two words", "", "letters, digits"),
        (document(**{"1st": echo()}), "wrong_key", "1st", "", "beginning with a letter"),
        (document(["a", "b"], a=echo()), "wrong_edge", "", "edges.0", "three names"),
        ({"nodes": {"a": echo()}, "edges": {"a": "b"}}, "wrong_edge", "", "edges", "is a list"),
        (document(["a", "out", "b"], a=echo()), "unknown_node", "", "edges.0", "no node 'b'"),
        (document(["z", "out", "a"], ["start", "out", "a"], a=echo()), "unknown_node", "", "edges.0", "no node 'z'"),
        (
            document(["a", "big", "b"], a=echo(), b=echo()),
            "unknown_port",
            "",
            "edges.0",
            "'a' has no port 'big'; it has out",
        ),
        (
            document(["a", "error", "b"], a=echo(), b=echo()),
            "unknown_port",
            "",
            "edges.0",
            "Set its `on_error` to port",
        ),
        (document(["a", "rejected", "b"], a=echo(), b=echo()), "unknown_port", "", "edges.0", "Give it a gate"),
        (
            document(["a", "out", "b"], ["a", "out", "b"], a=echo(), b=echo()),
            "double_edge",
            "",
            "edges.1",
            "remove one",
        ),
        (document(a=echo(on_error="port")), "error_port_unused", "a", "on_error", "draw one, or choose fail"),
        (
            document(a=echo("{{ b }}")),
            "unknown_reference",
            "a",
            "config.template",
            "there is no node 'b'. Known here: inputs.",
        ),
        (document(a=echo("{{ a }}")), "unknown_reference", "a", "config.template", "is not there yet"),
        (
            document(a=echo(), b=echo("{{ a }}")),
            "unknown_reference",
            "b",
            "config.template",
            "draw a way from 'a' to here",
        ),
        (
            document(a=echo({"x": ["{{ inputs.mesage }}"]})),
            "unknown_reference",
            "a",
            "config.template.x.0",
            "declare it under",
        ),
        (document(a=echo("{{ item }}")), "unknown_reference", "a", "config.template", "only inside a container"),
        (document(a=echo("{{ 1 + 1 }}")), "wrong_template", "a", "config.template", "This is no template"),
        (document(a=echo("{{ inputs | upper }}")), "wrong_template", "a", "config.template", "no filter 'upper'"),
        (document(a=echo(), output="{{ b }}"), "unknown_reference", "", "output", "there is no node 'b'"),
        (
            document(a={"type": "router", "config": {"routes": {"x": {"not": {"field": "later.y", "is": "empty"}}}}}),
            "unknown_reference",
            "a",
            "config",
            "there is no node 'later'",
        ),
        ({**document(a=echo()), "inputs": {"type": "objekt"}}, "wrong_config", "", "inputs", "At type"),
        ({**document(a=echo()), "layout": {}}, "wrong_setting", "", "layout", "remove it"),
        ({**document(a=echo()), "budget": {"money": 0.5}}, "wrong_setting", "", "budget.money", "micro-dollars"),
        (
            {**document(a=echo()), "budget": {"cents": 5}},
            "wrong_setting",
            "",
            "budget.cents",
            "money, tokens and calls",
        ),
    ],
)
def test_it_is_found_with_its_place_and_what_to_do(source, code, node, field, words):
    found = only(source)
    assert (found.code, found.node, found.field) == (code, node, field)
    assert found.severity is Severity.ERROR
    assert words in found.message


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"retry": 3}, "retry"),
        ({"retry": {"tries": 0}}, "retry.tries"),
        ({"retry": {"tries": True}}, "retry.tries"),
        ({"retry": {"wait": -1}}, "retry.wait"),
        ({"retry": {"factor": 0.5}}, "retry.factor"),
        ({"retry": {"node_errors": "yes"}}, "retry.node_errors"),
        ({"retry": {"times": 3}}, "retry.times"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": "60"}, "timeout"),
        ({"on_error": "ignore"}, "on_error"),
        ({"on_error": ["fail"]}, "on_error"),
        ({"cache": 1.5}, "cache"),
        ({"cache": -1}, "cache"),
        ({"revision": 0}, "revision"),
        ({"title": 5}, "title"),
        ({"model": "fast"}, "model"),
        ({"gate": True}, "gate"),
        ({"gate": {"when": "sometimes"}}, "gate.when"),
        ({"gate": {"when": {}}}, "gate.when"),
        ({"gate": {"when": "condition"}}, "gate.condition"),
        ({"gate": {"when": "condition", "condition": {"eval": "1"}}}, "gate.condition"),
        ({"gate": {"when": "score", "below": 0.5}}, "gate.score"),
        ({"gate": {"when": "score", "score": "data.score"}}, "gate.below"),
        ({"gate": {"when": "sample"}}, "gate.percent"),
        ({"gate": {"when": "sample", "percent": 101}}, "gate.percent"),
        ({"gate": {"max_rounds": -1}}, "gate.max_rounds"),
        ({"gate": {"queue": 5}}, "gate.queue"),
        ({"gate": {"on_expiry": ""}}, "gate.on_expiry"),
        ({"gate": {"on_expiry": "approve"}}, "gate.on_expiry"),
        ({"gate": {"due": 60, "on_expiry": 5}}, "gate.on_expiry"),
        ({"gate": {"due": 0}}, "gate.due"),
        ({"gate": {"due": "tomorrow"}}, "gate.due"),
        ({"gate": {"reviewers": []}}, "gate.reviewers"),
    ],
)
def test_a_wrong_common_setting_is_named(settings, field):
    found = only(document(a=echo(**settings)))
    assert (found.code, found.node, found.field) == ("wrong_setting", "a", field)


def test_a_gate_has_the_port_of_its_expiry_once_it_has_a_due_time():
    edges = [["a", "out", "b"], ["a", "late", "c"]]
    for gate, known in (
        ({"due": 60, "on_expiry": "late"}, True),
        ({"due": 60, "on_expiry": "approve"}, False),
        ({}, False),
    ):
        found = problems(document(*edges, a=echo(gate=gate or {"when": "always"}), b=echo(), c=echo()))
        assert [problem.code for problem in found] == ([] if known else ["unknown_port"])


def test_a_circle_is_shown_and_what_hangs_on_it_is_unreachable():
    nodes = {key: echo() for key in ("a", "b", "c", "d")}
    found = problems(document(["a", "out", "b"], ["b", "out", "c"], ["c", "out", "b"], ["c", "out", "d"], **nodes))
    cycle = next(problem for problem in found if problem.code == "cycle")
    assert "b -> c -> b" in cycle.message or "c -> b -> c" in cycle.message
    assert {problem.code for problem in found} == {"cycle"}
    found = problems(document(["b", "out", "b"], ["b", "out", "c"], **{key: echo() for key in ("a", "b", "c")}))
    assert [problem.node for problem in found if problem.code == "unreachable"] == ["c"]


def test_hints_stop_nobody():
    nodes = {key: echo() for key in ("a", "b", "alone")}
    found = only(document(["a", "out", "b"], **nodes))
    assert (found.severity, found.code, found.node) == (Severity.HINT, "unconnected", "alone")
    assert only(document(a=echo(default=1))).severity is Severity.HINT


def test_errors_come_first():
    nodes = {"alone": echo(), "a": echo(), "b": echo("{{ c }}")}
    assert [problem.severity.value for problem in problems(document(["a", "out", "b"], **nodes))] == ["error", "hint"]


def test_a_body_is_looked_into_with_its_own_names():
    def inner(body: Any) -> Problem:
        return only(
            document(["first", "out", "each"], first=echo(), after=echo("{{ inputs.message }}"), each=mapped(body))
            | {"edges": [["first", "out", "each"], ["each", "out", "after"]]}
        )

    found = inner({"nodes": {"a": echo("{{ after }}")}})
    assert (found.node, found.field) == ("each/a", "config.template")
    assert inner({"nodes": {"a": echo("{{ each }}")}}).code == "unknown_reference"
    assert inner({"nodes": {"a": echo("{{ first }} {{ item.x }}")}, "output": "{{ b }}"}).field == "config.body.output"
    edge = inner({"nodes": {"a": echo()}, "edges": [["a", "out", "end"]]})
    assert (edge.node, edge.field, edge.code) == ("each", "config.body.edges.0", "unknown_node")
    assert inner({"nodes": {}}).code == "no_nodes"
    assert inner({"nodes": {"index": echo()}}).node == "each/index"


def test_a_body_that_is_none_is_a_wrong_config():
    assert only(document(each=mapped("graph"))).field == "config.body"


def test_graphs_have_a_size_and_a_depth():
    many = {f"n{number}": echo() for number in range(201)}
    assert only(document(**many)).code == "too_large"

    def nested(levels: int) -> dict[str, Any]:
        return echo() if levels == 0 else mapped({"nodes": {"inner": nested(levels - 1)}})

    assert problems(document(a=nested(4))) == ()
    assert only(document(a=nested(5))).code == "too_deep"


def test_an_input_without_a_schema_may_be_anything():
    assert problems({"nodes": {"a": echo("{{ inputs.whatever }}")}}) == ()
    open_inputs = INPUTS | {"additionalProperties": True}
    assert problems({"inputs": open_inputs, "nodes": {"a": echo("{{ inputs.whatever }}")}}) == ()


def test_everything_is_told_at_once():
    broken = document(
        ["a", "big", "b"], ["b", "out", "z"], a=echo("{{ x }}"), b={"type": "magic"}, item=echo(timeout=-1)
    )
    assert {problem.code for problem in problems(broken)} == {
        "unknown_port",
        "unknown_node",
        "unknown_reference",
        "unknown_type",
        "reserved_key",
        "wrong_setting",
        "unconnected",
    }


words = st.sampled_from(
    ["a", "b", "out", "type", "config", "transform", "map", "nodes", "edges", "body", "{{ a }}", "{{", "gate", "when"]
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "nodes": st.dictionaries(
                words,
                st.fixed_dictionaries({}, optional={"type": words, "config": trees, "gate": trees, "retry": trees}),
                max_size=3,
            )
            | trees,
            "edges": st.lists(st.lists(words, min_size=3, max_size=3), max_size=4) | trees,
            "inputs": trees,
            "output": trees,
            "budget": trees,
        },
    )
)
def test_no_document_breaks_the_search_and_one_without_errors_compiles(source):
    found = problems(source)
    if not any(problem.severity is Severity.ERROR for problem in found):
        compile_document(source)
