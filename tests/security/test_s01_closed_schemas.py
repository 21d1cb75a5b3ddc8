"""S1: a workflow is data checked against closed schemas; nothing in it is ever evaluated."""

import ast
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from orchestrator import registry
from orchestrator.contract.catalogue import Types
from orchestrator.engine.problems import find_problems
from tests.fakes.context import FakeContext

ROOT = Path(__file__).resolve().parents[2]
TYPES = Types(nodes=registry.node_types(), tools=registry.tool_types())
EVALUATING = {"eval", "exec", "compile", "__import__", "setattr"}
HOSTILE = [
    "__import__('os').system('id')",
    "{{ inputs.__class__.__mro__ }}",
    "{{ ''.join(['a']) }}",
    "{% for x in inputs %}{% endfor %}",
    "${7*7}",
    "!!python/object/apply:os.system [id]",
]
SHAPES = [kind.config for kind in registry.node_types().values()] + [
    tool.arguments for tool in registry.tool_types().values()
]


def models_in(shape: type[BaseModel]) -> list[type[BaseModel]]:
    """The model and every model that its fields use."""
    found, names = [shape], set(shape.model_json_schema().get("$defs", {}))
    module = __import__(shape.__module__, fromlist=["x"])
    return found + [getattr(module, name) for name in names if isinstance(getattr(module, name, None), type)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__module__)
def test_every_config_and_every_tools_arguments_are_closed_at_every_level(shape):
    for model in models_in(shape):
        assert model.model_config.get("extra") == "forbid", model
    schema = shape.model_json_schema()
    for part in [schema, *schema.get("$defs", {}).values()]:
        if part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False


@pytest.mark.parametrize("name", sorted(registry.node_types()))
def test_a_setting_that_nobody_declared_is_refused(name):
    kind = registry.node_type(name)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind.config.model_validate({**kind.example, "__class__": "x"})


@pytest.mark.parametrize(
    "name", ["orchestrator.nodes.prompt", "os.system", "../../nodes/prompt", "_fields", "", "Prompt"]
)
def test_only_a_registered_type_can_be_named(name):
    found = find_problems({"nodes": {"a": {"type": name}}}, TYPES)
    assert [problem.code for problem in found] == ["unknown_type"]


@pytest.mark.parametrize("text", HOSTILE)
def test_code_in_a_setting_stays_text_or_is_refused(text):
    context = FakeContext(values={"inputs": {"a": 1}})
    kind = registry.node_type("transform")
    found = find_problems({"nodes": {"a": {"type": "transform", "config": {"template": text}}}}, TYPES)
    if not found:
        assert context.run(kind, {"template": text}).output in (text, None)


def test_no_module_that_runs_in_a_step_evaluates_anything():
    for folder in ("engine", "contract", "nodes", "tools", "documents"):
        for path in (ROOT / "orchestrator" / folder).rglob("*.py"):
            for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id in EVALUATING:
                    pytest.fail(f"{path}:{call.lineno} calls {call.func.id}")
