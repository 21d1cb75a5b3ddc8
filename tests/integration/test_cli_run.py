"""`baton run` against a running product: the templates on all their samples, reviews at a terminal, and how a run ends."""

import os
import stat
from pathlib import Path

import pytest

from builder.portable import read_file
from tests.command_line import GALLERY, Product, alone, at_terminal

SUPPORT = GALLERY / "support_ticket.yaml"
BRANCHES = {"billing", "access", "delivery", "technical", "cancellation"}
RESULT = {"support_ticket.yaml": "reply", "summarise_documents.yaml": "digest", "news_article.yaml": "article"}
BOTH = "My invoice is wrong and I can't log into my account."
FIELDS = {"path", "type", "status", "started_at", "finished_at", "cost"}
ASKS = """schema: 1
name: Asks a person
inputs: {type: object, properties: {word: {type: string, default: hello}}}
samples: [{name: One, inputs: {word: hello}, answers: {ask: {when: Tuesday, count: 3}}}]
nodes:
  ask:
    type: checkpoint
    config:
      kind: form
      title: When?
      form: {type: object, required: [when], properties: {when: {type: string}, count: {type: integer}}}
edges: []
output: "{{ ask.value }}"
"""
THRIFTY = """schema: 1
name: Thrifty
inputs: {type: object, properties: {}}
budget: {calls: 1}
nodes:
  one: {type: prompt, config: {prompt: One}}
  two: {type: prompt, config: {prompt: "{{ one.text }}"}}
edges: [one -> two]
output: "{{ two.text }}"
"""
FAILS = """schema: 1
name: Fails
inputs: {type: object, properties: {}}
nodes:
  look: {type: tool, config: {tool: lookup_record, arguments: {table: nowhere, where: {a: b}}}}
edges: []
output: {}
"""


def samples() -> list[tuple[str, str]]:
    files = {file.name: read_file(file.read_text(), base=GALLERY) for file in sorted(GALLERY.glob("*.yaml"))}
    return [(name, sample.name) for name, file in files.items() for sample in file.samples]


def written(folder: Path, text: str) -> Path:
    file = folder / "workflow.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(("file", "sample"), samples())
def test_every_sample_of_every_template_succeeds(product: Product, file: str, sample: str) -> None:
    done = product.baton("run", GALLERY / file, "--sample", sample, "--approve", "all", "--json")
    assert done.status == 0, done.errors
    found = done.result
    assert found.keys() >= {"status", "output", "cost", "steps"}
    assert found["status"] == "succeeded"
    assert isinstance(found["cost"], float)
    assert len(found["output"][RESULT[file]]) > 100
    assert {frozenset(step) for step in found["steps"]} == {frozenset(FIELDS)}
    assert {step["status"] for step in found["steps"]} <= {"succeeded", "skipped"}
    worked = [step for step in found["steps"] if step["status"] == "succeeded" and step["type"] != "item"]
    assert all(step["started_at"] <= step["finished_at"] for step in worked), "an item is a place, it does no work"


def test_two_problems_get_one_reply_from_the_customers_record(product: Product) -> None:
    done = product.baton("run", SUPPORT, "--input", BOTH, "--approve", "all", "--json")
    assert done.status == 0, done.errors
    assert done.ran() & (BRANCHES | {"ask_back"}) == {"billing", "access"}
    reply = done.result["output"]["reply"]
    for part in ("Maren", "F-21877", "Locked on 19 November", "2023-04-18"):
        assert part in reply


def test_one_problem_takes_one_branch(product: Product) -> None:
    message = "I was charged twice this month, please have a look at my invoice."
    done = product.baton("run", SUPPORT, "--input", message, "--set", "customer=C-1002", "--approve", "all", "--json")
    assert done.ran() & (BRANCHES | {"ask_back"}) == {"billing"}
    assert done.result["output"]["customer"] == "C-1002"
    assert "Tomasz" in done.result["output"]["reply"]


def test_without_a_problem_a_question_goes_back(product: Product) -> None:
    done = product.baton("run", SUPPORT, "--input", "Hello, how are you?", "--approve", "all", "--json")
    assert done.ran() & (BRANCHES | {"ask_back", "reply"}) == {"ask_back"}
    assert "?" in done.result["output"]["reply"]


def test_files_of_the_command_line_are_uploaded(product: Product) -> None:
    papers = GALLERY / "summarise_documents"
    files = [f"--file=documents={papers / name}" for name in ("night_handover.docx", "museum_store.html")]
    done = product.baton("run", GALLERY / "summarise_documents.yaml", *files, "--approve", "all", "--json")
    assert done.status == 0, done.errors
    names = [one["document"] for one in done.result["output"]["summaries"]]
    assert names == ["night_handover.docx", "museum_store.html"]


def test_a_person_at_a_terminal_sees_the_reply_and_her_text_is_what_goes_out(product: Product) -> None:
    with at_terminal(product.data, "run", SUPPORT, "--input", BOTH, "--approve", "ask", "--json") as terminal:
        terminal.expect("F-21877")
        terminal.expect("[2] edited")
        terminal.expect("Decide")
        terminal.type("edited")
        terminal.expect("Type the new text")
        terminal.type("Dear Maren,", "", "it is settled.", ".")
        done = terminal.done()
    assert done.status == 0, done.errors
    assert done.result["output"]["reply"] == "Dear Maren,\n\nit is settled."
    assert done.step("end")["status"] == "succeeded"


def test_a_person_at_a_terminal_may_send_the_reply_back_then_leave_it(product: Product) -> None:
    with at_terminal(product.data, "run", SUPPORT, "--input", BOTH) as terminal:
        terminal.expect("Decide")
        terminal.type("changes requested")
        terminal.expect("Comment")
        terminal.type("Name the invoice.")
        terminal.expect("Decide")
        terminal.type("later")
        done = terminal.done()
    assert done.status == 3, done.errors
    assert "Waits for a decision: http://localhost" in done.errors


def test_a_person_at_a_terminal_fills_a_form(product: Product, tmp_path: Path) -> None:
    with at_terminal(product.data, "run", written(tmp_path, ASKS), "--json") as terminal:
        terminal.expect("Decide")
        terminal.type("answered")
        terminal.expect("when")
        terminal.type("Friday")
        terminal.expect("count")
        terminal.type("2")
        done = terminal.done()
    assert done.status == 0, done.errors
    assert done.result["output"] == {"when": "Friday", "count": 2}


def test_without_a_terminal_the_reviews_address_is_told(product: Product) -> None:
    done = product.baton("run", SUPPORT, "--input", BOTH, "--approve", "ask", "--json")
    assert done.status == 3
    assert done.result["status"] == "waiting"
    (address,) = done.result["reviews"]
    assert f"Waits for a decision: {address}" in done.errors
    path = address.removeprefix(f"{product.client.address}/api/v1/")
    found = product.client.get(path)
    assert (found["status"], found["run"], found["path"]) == ("open", done.result["run"], "reply")


def test_a_form_gets_the_samples_answers(product: Product, tmp_path: Path) -> None:
    done = product.baton("run", written(tmp_path, ASKS), "--approve", "all", "--json")
    assert done.status == 0, done.errors
    assert done.result["output"] == {"when": "Tuesday", "count": 3}


def test_a_budget_that_is_reached_is_left_to_people(product: Product, tmp_path: Path) -> None:
    done = product.baton("run", written(tmp_path, THRIFTY), "--approve", "all", "--json")
    assert done.status == 3, done.errors
    (address,) = done.result["reviews"]
    assert address in done.errors
    assert done.step("one")["status"] == "succeeded"
    assert done.step("two")["status"] == "waiting"
    assert product.client.get(address.partition("/api/v1/")[2])["kind"] == "budget"


def test_a_workflow_that_fails_ends_with_one_and_says_why(product: Product, tmp_path: Path) -> None:
    done = product.baton("run", written(tmp_path, FAILS), "--approve", "all")
    assert done.status == 1
    assert "is failed." in done.errors
    assert "nowhere" in done.errors.rpartition("is failed.")[2]
    shown = product.baton("run", written(tmp_path, FAILS), "--approve", "all", "--json")
    assert shown.status == 1
    assert shown.result["status"] == "failed"
    assert "nowhere" in shown.result["error"]["message"]


def test_the_file_is_stored_unlisted_and_the_run_says_where_it_came_from(product: Product, tmp_path: Path) -> None:
    text = ASKS.replace("Asks a person", "Never to be listed")
    done = product.baton("run", written(tmp_path, text), "--approve", "all", "--json")
    names = [one["name"] for one in product.client.get("workflows")["items"]]
    assert "Never to be listed" not in names
    assert product.client.get(f"runs/{done.result['run']}")["trigger"] == "command"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sample", "Nobody"], "There is no sample 'Nobody'; there are 'One'."),
        (["--input", "x"], "there are 0"),
        (["--set", "word"], "--set wants key=value"),
        (["--set", "word=x", "--set", "other=1"], "other"),
        (["--file", "word=/none"], "There is no file /none."),
    ],
)
def test_a_wrong_input_is_refused_before_anything_runs(
    product: Product, tmp_path: Path, arguments: list[str], says: str
) -> None:
    before = product.client.get("runs")["items"][:1]
    done = product.baton("run", written(tmp_path, ASKS), *arguments)
    assert done.status == 1
    assert done.errors.startswith("Error: ")
    assert says in done.errors
    assert product.client.get("runs")["items"][:1] == before


def test_a_command_of_its_own_finds_the_server_by_the_private_file_or_by_the_variables(
    product: Product, tmp_path: Path
) -> None:
    file = product.data / "server.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    asks = written(tmp_path, ASKS)
    by_variables = {"BATON_URL": product.client.address, "BATON_TOKEN": product.client.token}
    done = alone(tmp_path / "empty", "run", asks, "--approve", "all", "--json", **by_variables)
    assert done.status == 0, done.errors
    assert done.errors == ""
    wrong = alone(product.data, "run", asks, **{**by_variables, "BATON_TOKEN": "baton_wrong"})
    assert wrong.status == 1
    assert wrong.errors.startswith("Error: ")
    assert wrong.errors.count("\n") == 1
