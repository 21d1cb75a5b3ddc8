"""docs/plugins.md: its files are written into a folder as they stand there, and they work."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from builder.portable import read_file
from config.environment import BASE
from orchestrator import registry
from orchestrator.contract.errors import TransientCallError, WrongCredentials
from orchestrator.contract.messages import Delta, ModelRequest, user
from tests import runs
from tests.fakes.context import FakeContext

FILE = re.compile(r"^`([a-z_/]+\.(?:py|yaml))`\n\n```[a-z]+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LISTS = (registry.node_types, registry.tool_types, registry.provider_types)


def forget() -> None:
    for listed in LISTS:
        listed.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "our_steps"]:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files of the page, and the registry told of them as BATON_PLUGINS tells it."""
    for name, text in FILE.findall((BASE / "docs" / "plugins.md").read_text()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for package in ("our_steps", "our_steps/nodes", "our_steps/tools", "our_steps/providers"):
        (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_packages", ["orchestrator"])
    forget()
    registry.add_packages(["our_steps"])
    yield tmp_path
    forget()


def test_each_file_adds_one_type(folder: Path) -> None:
    assert {"word_count"} == set(registry.node_types()) - names("nodes")
    assert {"working_days"} == set(registry.tool_types()) - names("tools")
    assert {"house_model"} == set(registry.provider_types()) - names("providers")


def names(package: str) -> set[str]:
    return {path.stem for path in (BASE / "orchestrator" / package).glob("[!_]*.py")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "output"),
    [("one two three four", {"words": 4, "due": "2026-11-10"}), ("one two", {"words": 2, "due": None})],
)
def test_the_workflow_of_the_page_runs(folder: Path, text: str, output: object) -> None:
    document = read_file((folder / "words.yaml").read_text(), base=folder).document
    run = runs.played(dict(document), {"text": text})
    assert (runs.status(run), runs.output(run)) == ("succeeded", output)


def test_the_node_needs_no_server_to_be_tested(folder: Path) -> None:
    kind = registry.node_type("word_count")
    result = FakeContext(values={"inputs": {"text": "a b"}}).run(kind, {"text": "{{ inputs.text }}"})
    assert (result.output, set(result.ports)) == ({"words": 2}, {"short"})


def house_model(answer: httpx2.Response, asked: list[httpx2.Request]):
    kind = registry.provider_types()["house_model"]

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answer

    settings = kind.settings.model_validate(dict(kind.example))
    return kind.make(settings, {"api_key": "k"}, httpx2.MockTransport(handle))


async def test_the_provider_answers_and_streams(folder: Path) -> None:
    asked: list[httpx2.Request] = []
    heard: list[Delta] = []
    said = httpx2.Response(200, json={"text": "Hello", "tokens_in": 3, "tokens_out": 1})
    client = house_model(said, asked)
    answer = await client.complete(ModelRequest(model="small", messages=(user("Hi"),)), on_delta=heard.append)
    assert (answer.text(), answer.usage.output, heard) == ("Hello", 1, [Delta(text="Hello")])
    assert (str(asked[0].url), asked[0].headers["authorization"]) == ("http://models.internal:8080/answer", "Bearer k")


@pytest.mark.parametrize(
    ("status", "error"), [(429, TransientCallError), (503, TransientCallError), (401, WrongCredentials)]
)
async def test_the_providers_errors_say_what_may_be_tried_again(
    folder: Path, status: int, error: type[Exception]
) -> None:
    client = house_model(httpx2.Response(status), [])
    with pytest.raises(error):
        await client.complete(ModelRequest(model="small", messages=(user("Hi"),)), on_delta=None)


def test_the_command_line_knows_them_too(folder: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "config.cli.main", "validate", str(folder / "words.yaml")],
        cwd=BASE,
        env={**os.environ, "BATON_PLUGINS": "our_steps", "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (0, f"{folder / 'words.yaml'}: no problems\n")
