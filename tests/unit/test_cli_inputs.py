"""The input of `baton run`: one text, a JSON file, single values, files, or the file's sample; and what is refused."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from builder.portable import Sample, WorkflowFile
from config.cli.inputs import Given, Typed, WrongArgument, put_together
from orchestrator.engine.values import Json

FILE: Json = {"type": "string", "format": "file"}
TEXT: Json = {"type": "string"}
TICKET: Mapping[str, Json] = {"message": TEXT, "customer": {"type": "string", "default": "C-1"}}
PAPERS: Mapping[str, Json] = {
    "cover": FILE,
    "papers": {"type": "array", "items": FILE},
    "words": {"type": "integer"},
    "title": TEXT,
}


def workflow(properties: Mapping[str, Json], *required: str, samples: tuple[Sample, ...] = ()) -> WorkflowFile:
    inputs = {"type": "object", "required": list(required), "properties": dict(properties)}
    return WorkflowFile(name="W", document={"inputs": inputs, "nodes": {}}, samples=samples)


def given(typed: Typed, file: WorkflowFile, folder: Path = Path("/files")) -> Given:
    return put_together(typed, workflow=file, folder=folder)


def refusal(typed: Typed, file: WorkflowFile) -> str:
    with pytest.raises(WrongArgument) as caught:
        given(typed, file)
    assert caught.value.code == "wrong_argument"
    return str(caught.value)


def test_a_text_fills_the_one_required_text() -> None:
    assert given(Typed(text="Help!"), workflow(TICKET, "message")).value == {"message": "Help!"}


def test_a_text_may_be_empty_and_is_no_json() -> None:
    assert given(Typed(text=""), workflow(TICKET, "message")).value == {"message": ""}
    assert given(Typed(text='{"a": 1}'), workflow(TICKET, "message")).value == {"message": '{"a": 1}'}


def test_a_text_is_refused_where_several_or_no_texts_are_required() -> None:
    both = refusal(Typed(text="x"), workflow(TICKET, "message", "customer"))
    assert "there are 2" in both
    assert "Inputs: message, customer" in both
    assert "--set key=value" in both
    assert "there are 0" in refusal(Typed(text="x"), workflow(TICKET))
    assert "Inputs: none" in refusal(Typed(text="x"), WorkflowFile(name="W", document={"nodes": {}}))


def test_a_required_file_is_no_text_to_fill() -> None:
    assert given(Typed(text="x"), workflow(PAPERS, "cover", "title")).value == {"title": "x"}


def test_a_json_file_is_the_whole_input(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"message": "Grüße", "customer": "C-9"}), encoding="utf-8")
    assert given(Typed(text=f"@{file}"), workflow(TICKET, "message")).value == {"message": "Grüße", "customer": "C-9"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no json", "cannot be read as JSON"),
        (b"[1, 2]", "must hold a JSON object: the inputs by name"),
        (b"\xff\xfe", "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (None, "cannot be read as JSON"),
    ],
)
def test_a_json_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "input.json"
    if content is not None:
        file.write_bytes(content)
    said = refusal(Typed(text=f"@{file}"), workflow(TICKET, "message"))
    assert str(file) in said
    assert says in said


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("message=12", "12"),
        ("message=a=b", "a=b"),
        ("message=", ""),
        ("words=12", 12),
        ("words=twelve", "twelve"),
        ('papers=["a.pdf"]', ["a.pdf"]),
        ("unknown=true", True),
        ("unknown=" + "[" * 100_000, "[" * 100_000),
    ],
)
def test_a_value_is_text_for_a_text_and_json_for_anything_else(typed: str, value: Json) -> None:
    key = typed.partition("=")[0]
    assert given(Typed(values=[typed]), workflow({**TICKET, **PAPERS})).value == {key: value}


def test_values_are_laid_over_the_text() -> None:
    found = given(Typed(text="Help!", values=["customer=C-7"]), workflow(TICKET, "message"))
    assert found.value == {"message": "Help!", "customer": "C-7"}


@pytest.mark.parametrize("text", ["message", "=x", ""])
def test_a_value_without_a_key_is_refused(text: str) -> None:
    assert f"--set wants key=value; this is none: {text!r}" in refusal(Typed(values=[text]), workflow(TICKET))
    assert f"--file wants key=value; this is none: {text!r}" in refusal(Typed(files=[text]), workflow(TICKET))


def test_a_file_is_a_path_and_a_list_of_files_grows(tmp_path: Path) -> None:
    one, two = tmp_path / "one.pdf", tmp_path / "two.pdf"
    one.touch()
    two.touch()
    typed = Typed(files=[f"cover={one}", f"papers={one}", f"papers={two}"])
    assert given(typed, workflow(PAPERS)).value == {"cover": str(one), "papers": [str(one), str(two)]}


def test_files_are_added_to_a_list_and_replace_what_is_none(tmp_path: Path) -> None:
    one = tmp_path / "one.pdf"
    one.touch()
    added = Typed(values=['papers=["a.pdf"]'], files=[f"papers={one}"])
    assert given(added, workflow(PAPERS)).value == {"papers": ["a.pdf", str(one)]}
    replaced = Typed(values=["papers=a.pdf"], files=[f"papers={one}"])
    assert given(replaced, workflow(PAPERS)).value == {"papers": [str(one)]}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert f"There is no file {tmp_path / 'no.pdf'}." in refusal(
        Typed(files=[f"cover={tmp_path / 'no.pdf'}"]), workflow(PAPERS)
    )
    assert "There is no file" in refusal(Typed(files=[f"cover={tmp_path}"]), workflow(PAPERS))


@pytest.mark.parametrize("key", ["title", "words", "unknown"])
def test_a_file_for_an_input_that_takes_none_is_refused(tmp_path: Path, key: str) -> None:
    file = tmp_path / "one.pdf"
    file.touch()
    said = refusal(Typed(files=[f"{key}={file}"]), workflow(PAPERS))
    assert f"The input {key!r} takes no file. Inputs: cover, papers, words, title." in said


def test_without_input_the_first_sample_is_taken_with_its_answers_and_its_folder() -> None:
    first = Sample(name="A", inputs={"message": "One"}, answers={"ask": {"answer": "yes"}})
    found = given(Typed(), workflow(TICKET, "message", samples=(first, Sample(name="B", inputs={"message": "Two"}))))
    assert found.value == {"message": "One"}
    assert found.answers == {"ask": {"answer": "yes"}}
    assert found.base == Path("/files")


def test_with_input_paths_are_those_of_the_shell_and_the_samples_answers_stay() -> None:
    first = Sample(name="A", inputs={"message": "One"}, answers={"ask": {"answer": "yes"}})
    found = given(Typed(text="Mine"), workflow(TICKET, "message", samples=(first,)))
    assert found.value == {"message": "Mine"}
    assert found.answers == {"ask": {"answer": "yes"}}
    assert found.base == Path.cwd()


def test_without_input_and_sample_the_required_inputs_are_named() -> None:
    said = refusal(Typed(), workflow(TICKET, "message", "customer"))
    assert "The workflow wants message, customer, and the file has no sample" in said
    assert given(Typed(), workflow(TICKET)).value == {}
