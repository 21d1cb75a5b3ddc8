"""`baton validate`, `export`, `import` and `doctor` against a running product; hostile files; the server of one command."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from builder.portable import digest, read_file
from tests.command_line import GALLERY, ROOT, Product, alone, variables
from tests.servers import wait_until

SMALL = """schema: 1
name: {name}
inputs: {{type: object, properties: {{word: {{type: string, default: hello}}}}}}
nodes:
  one: {{type: transform, config: {{template: "{{{{ inputs.word }}}}"}}}}
edges: []
output: "{{{{ one }}}}"
"""
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
HOSTILE = {
    "binary": (b"\xff\xfe\x00\x00", "is not UTF-8 text"),
    "empty": (b"", "The file is empty"),
    "bomb": (BOMB.encode(), "aliases"),
    "code": (b"!!python/object/apply:os.system [id]", "The tag"),
    "deep": (b"[" * 100_000, "more than 32 levels"),
    "large": (b"a: " + b"x" * (1 << 21), "at most 1 MiB"),
    "text": (b"just text", "begin with `schema: 1`"),
    "newer": (b"schema: 2\nname: x\nnodes: {}\n", "schema"),
    "outside": (
        SMALL.format(name="x").encode() + b"tables: {people: ../../../etc/passwd}\n",
        "is no path beside the workflow file",
    ),
}


def written(folder: Path, name: str = "Small") -> Path:
    file = folder / "small.yaml"
    file.write_text(SMALL.format(name=name))
    return file


def digest_in(text: str) -> str:
    return digest(read_file(text, base=None).document)


@pytest.mark.parametrize("command", ["validate", "run", "import"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_clear_words(product: Product, tmp_path: Path, kind: str, command: str) -> None:
    content, says = HOSTILE[kind]
    file = tmp_path / "workflow.yaml"
    file.write_bytes(content)
    done = product.baton(command, file)
    said = done.errors + done.output
    assert done.status == 1
    assert says in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_in_a_process_of_its_own_there_is_no_traceback_either(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_bytes(HOSTILE["binary"][0])
    done = alone(product.data, "run", file)
    assert done.status == 1
    assert done.errors == f"Error: {file} is not UTF-8 text. Save it as UTF-8.\n"


@pytest.mark.parametrize("name", sorted(file.name for file in GALLERY.glob("*.yaml")))
def test_the_templates_have_no_problems(product: Product, name: str) -> None:
    done = product.baton("validate", GALLERY / name)
    assert (done.status, done.output) == (0, f"{GALLERY / name}: no problems\n")


def test_what_is_wrong_with_a_graph_is_told_with_its_line(product: Product, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text(SMALL.format(name="x").replace("edges: []", "edges: [one -> x]"))
    done = product.baton("validate", file)
    assert done.status == 1
    assert f"{file}: line 6, edges[0]: There is no node 'x'" in done.output


@pytest.mark.parametrize("name", sorted(file.name for file in GALLERY.glob("*.yaml")))
def test_what_is_imported_is_exported_with_the_same_digest(product: Product, tmp_path: Path, name: str) -> None:
    done = product.baton("import", GALLERY / name)
    assert done.status == 0, done.errors
    slug = name.removesuffix(".yaml").replace("_", "-")
    assert done.output == f"Stored: {slug}, version 1\n"
    exported = product.baton("export", slug)
    assert exported.status == 0, exported.errors
    stored = product.client.get(f"workflows/{slug}")["version"]["digest"]
    file = read_file((GALLERY / name).read_text(), base=GALLERY)
    assert digest_in(exported.output) == digest(file.document) == stored
    shutil.copytree(GALLERY / name.removesuffix(".yaml"), tmp_path / name.removesuffix(".yaml"))  # of its samples
    again = tmp_path / "again.yaml"
    assert product.baton("export", slug, "--output", again).status == 0
    assert again.read_text() == exported.output
    assert product.baton("import", again).output == f"Stored: {slug}, version 1\n", "nothing is new"


def test_what_is_exported_validates(product: Product, tmp_path: Path) -> None:
    product.baton("import", written(tmp_path, "Round trip"))
    file = tmp_path / "exported.yaml"
    assert product.baton("export", "round-trip", "--output", file).status == 0
    assert product.baton("validate", file).output == f"{file}: no problems\n"


@pytest.mark.parametrize("slug", ["nobody", "a/../b", "a b", "ä?x=1#y"])
def test_a_workflow_that_is_not_there_is_told_so(product: Product, slug: str) -> None:
    done = product.baton("export", slug)
    assert done.status == 1
    assert done.errors.startswith("Error: There is no")
    assert done.errors.count("\n") == 1


def test_a_place_that_cannot_be_written_is_named(product: Product, tmp_path: Path) -> None:
    product.baton("import", written(tmp_path, "Elsewhere"))
    done = product.baton("export", "elsewhere", "--output", tmp_path / "no" / "folder.yaml")
    assert done.status == 1
    assert done.errors == f"Error: {tmp_path / 'no' / 'folder.yaml'}: No such file or directory\n"


def test_the_doctor_names_the_server(product: Product) -> None:
    done = product.baton("doctor")
    assert done.status == 0, done.output
    assert f"ok       server                 {product.client.address}" in done.output


@pytest.mark.parametrize("arguments", [["import"], ["export"]], ids=str)
def test_what_is_to_be_kept_needs_a_server_that_stays(tmp_path: Path, arguments: list[str]) -> None:
    what = written(tmp_path) if arguments == ["import"] else "small"
    done = alone(tmp_path / "empty", *arguments, what)
    assert done.status == 1
    assert "Start one with `make run`" in done.errors
    assert done.errors.count("\n") == 1


def test_where_no_server_runs_one_is_started_for_the_command_and_ends_with_it(tmp_path: Path) -> None:
    """Whoever ends the command early ends its server with it."""
    file = written(tmp_path).read_text() + "samples: [{name: One, inputs: {word: early}}]\n"
    (tmp_path / "small.yaml").write_text(file)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    own = {"TMPDIR": str(temporary)}
    done = alone(tmp_path / "empty", "run", tmp_path / "small.yaml", "--json", **own)
    assert done.status == 0, done.errors
    assert done.result["output"] == "early"
    assert "starting one for this command" in done.errors
    assert list(temporary.iterdir()) == []
    command = [sys.executable, "-m", "config.cli.main", "run", str(tmp_path / "small.yaml")]
    environment = {**os.environ, **variables(tmp_path / "empty"), **own}
    early = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        watched = psutil.Process(early.pid)
        wait_until(lambda: len(watched.children(recursive=True)) >= 2, seconds=60)
        servers = watched.children(recursive=True)
        early.send_signal(signal.SIGTERM)
        assert early.wait(30) == 128 + signal.SIGTERM
        wait_until(lambda: not any(one.is_running() for one in servers), seconds=30)
        assert list(temporary.iterdir()) == []
    finally:
        early.kill()
        early.wait()
