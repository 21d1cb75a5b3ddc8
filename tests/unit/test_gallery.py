"""The templates of the gallery: each is a valid file with real samples, and what belongs to it is there."""

import re
from pathlib import Path

import pytest

from builder.portable import WorkflowFile, digest, read_file, write_file
from builder.portable_problems import validate
from builder.portable_yaml import load
from builder.schema import workflow_schema
from orchestrator.contract.json_schema import problems_of, with_defaults
from orchestrator.documents.reading import parse

GALLERY = Path(__file__).resolve().parents[2] / "builder" / "gallery"
TEMPLATES = sorted(path.stem for path in GALLERY.glob("*.yaml"))
FILES = sorted(path for path in GALLERY.glob("*/*") if path.suffix in {".pdf", ".docx", ".html"})
EVERY_TEMPLATE = pytest.mark.parametrize("name", TEMPLATES)


def text_of(name: str) -> str:
    return (GALLERY / f"{name}.yaml").read_text()


def template(name: str) -> WorkflowFile:
    return read_file(text_of(name), base=GALLERY)


def test_the_first_three_templates_are_there() -> None:
    assert {"support_ticket", "summarise_documents", "news_article"} <= set(TEMPLATES)


@EVERY_TEMPLATE
def test_a_template_has_no_problems(name: str) -> None:
    assert validate(text_of(name), base=GALLERY) == []


@EVERY_TEMPLATE
def test_a_template_is_as_the_published_schema_says(name: str) -> None:
    assert problems_of(load(text_of(name)).data, workflow_schema()) == []


@EVERY_TEMPLATE
def test_a_template_survives_a_round_trip(name: str) -> None:
    workflow = template(name)
    again = read_file(write_file(workflow), base=GALLERY)
    assert again == workflow
    assert digest(again.document) == digest(workflow.document)


@EVERY_TEMPLATE
def test_a_template_has_three_samples_that_differ_and_fit(name: str) -> None:
    workflow = template(name)
    schema = workflow.document["inputs"]
    assert len({repr(sample.inputs) for sample in workflow.samples}) == len(workflow.samples) >= 3
    for sample in workflow.samples:
        assert problems_of(with_defaults(sample.inputs, schema), schema) == []


@EVERY_TEMPLATE
def test_a_template_names_no_vendor(name: str) -> None:
    assert not re.search(r"anthropic|claude|openai|gpt|demo", text_of(name), re.IGNORECASE)


@EVERY_TEMPLATE
def test_every_box_of_a_template_has_a_place(name: str) -> None:
    workflow = template(name)
    assert workflow.document["nodes"].keys() <= workflow.layout.keys()


@EVERY_TEMPLATE
def test_a_template_has_a_budget(name: str) -> None:
    assert template(name).document["budget"].keys() >= {"money", "calls"}


def test_every_row_of_the_support_tables_belongs_to_a_customer() -> None:
    tables = template("support_ticket").tables
    customers = {row["customer"] for row in tables["customers"]}
    assert {"C-1001", "C-1002"} <= customers
    for name in tables:
        assert {row["customer"] for row in tables[name]} <= customers, name


def test_the_support_samples_hold_a_free_customer_and_one_of_three_years() -> None:
    workflow = template("support_ticket")
    customers = {row["customer"]: row for row in workflow.tables["customers"]}
    used = [customers[sample.inputs["customer"]] for sample in workflow.samples]
    assert {"Free"} < {row["plan"] for row in used}
    assert any(row["customer_since"] < "2023-11-21" for row in used)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_document_holds_real_text(path: Path) -> None:
    text = parse(name=path.name, content=path.read_bytes())["text"]
    assert len(text.split()) > 200
    assert len(set(text.lower().split())) > 120


def test_every_shipped_file_is_used_by_a_sample_or_a_table() -> None:
    used = {GALLERY / path for name in TEMPLATES for sample in template(name).samples for path in sample.files}
    tables = {GALLERY / path for name in TEMPLATES for path in re.findall(r"\S+\.csv", text_of(name))}
    assert {path for path in GALLERY.glob("*/*") if path.is_file()} == used | tables
