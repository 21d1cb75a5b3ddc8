"""Each file in nodes/, tools/ and providers/ registers exactly one; a new one is one new file and nothing else."""

import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator import registry

LISTS: Mapping[str, tuple[str, Callable[[], Mapping[str, Any]]]] = {
    "nodes": ("NODE", registry.node_types),
    "tools": ("TOOL", registry.tool_types),
    "providers": ("PROVIDER", registry.provider_types),
}
EMPTY = {
    "nodes": '''
        """Does nothing."""
        from pydantic import BaseModel, ConfigDict
        from orchestrator.contract.node import NodeType, Result

        class Config(BaseModel):
            model_config = ConfigDict(extra="forbid")

        def run(context, config):
            return Result(output=None)

        NODE = NodeType(name="nothing", title="Nothing", icon="circle", group="flow", description=__doc__,
                        config=Config, run=run, example={})
        ''',
    "tools": '''
        """Does nothing."""
        from pydantic import BaseModel, ConfigDict
        from orchestrator.contract.tool import ToolType

        class Arguments(BaseModel):
            model_config = ConfigDict(extra="forbid")

        def run(context, arguments):
            return None

        TOOL = ToolType(name="nothing", title="Nothing", icon="circle", description=__doc__, arguments=Arguments,
                        run=run, example={})
        ''',
    "providers": '''
        """Says nothing."""
        from pydantic import BaseModel, ConfigDict
        from orchestrator.contract.provider import ProviderType

        class Settings(BaseModel):
            model_config = ConfigDict(extra="forbid")

        def make(settings, secrets, transport):
            raise NotImplementedError

        PROVIDER = ProviderType(name="nothing", title="Nothing", icon="circle", description=__doc__, settings=Settings,
                                secrets=(), make=make, example={})
        ''',
}


def modules(package: str) -> list[Any]:
    home = importlib.import_module(f"orchestrator.{package}")
    names = [info.name for info in pkgutil.iter_modules(home.__path__) if not info.name.startswith("_")]
    return [importlib.import_module(f"orchestrator.{package}.{name}") for name in names]


EVERY = [
    pytest.param(package, module, id=module.__name__.removeprefix("orchestrator."))
    for package in LISTS
    for module in modules(package)
]


def schema_of(package: str, one: Any) -> Any:
    return {"nodes": "config", "tools": "arguments", "providers": "settings"}[package]


@pytest.mark.parametrize("package", LISTS)
def test_the_registry_has_one_of_each_file(package: str) -> None:
    attribute, listed = LISTS[package]
    assert {getattr(module, attribute).name for module in modules(package)} <= set(listed())
    assert len(listed()) >= len(modules(package))


@pytest.mark.parametrize(("package", "module"), EVERY)
def test_a_file_is_complete(package: str, module: Any) -> None:
    one = getattr(module, LISTS[package][0])
    text = inspect.getdoc(module) or ""
    assert text, "the module needs a docstring: people read it in the palette"
    assert " ".join(one.description.split()) == " ".join(text.split())
    assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name)
    assert re.fullmatch(r"[a-z][a-z0-9-]*", one.icon)
    model = getattr(one, schema_of(package, one))
    assert model.model_config.get("extra") == "forbid"
    model.model_validate(dict(one.example))
    assert model.model_json_schema()["type"] == "object"


@pytest.fixture
def one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts the empty one into a folder of its own and lets the package look there too."""

    def write(package: str) -> None:
        (tmp_path / "nothing.py").write_text(textwrap.dedent(EMPTY[package]).lstrip())
        home = importlib.import_module(f"orchestrator.{package}")
        monkeypatch.setattr(home, "__path__", [*home.__path__, str(tmp_path)])
        LISTS[package][1].cache_clear()  # type: ignore[attr-defined]  # it is cached

    yield write
    for _, listed in LISTS.values():
        listed.cache_clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize("package", LISTS)
def test_one_new_file_is_enough(
    package: str, one_new_file: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(LISTS[package][1]())
    one_new_file(package)
    assert set(LISTS[package][1]()) == before | {"nothing"}
    monkeypatch.delitem(importlib.sys.modules, f"orchestrator.{package}.nothing")  # type: ignore[attr-defined]
