"""The templates run from end to end in memory: which branches run, what each model is given, and what comes out.

The model is scripted here, so these tests are about the templates and not about a model's words.
"""

import json
from collections.abc import Sequence

import pytest

from builder.portable import Sample, WorkflowFile
from orchestrator.contract.messages import Message, ModelAnswer, ModelRequest, Text, ToolResult
from tests.fakes.context import Script, calls, says
from tests.fakes.whole_run import WholeRun, run_sample
from tests.unit.test_gallery import GALLERY, template

BRANCHES = {"billing", "access", "delivery", "technical", "cancellation"}


def said(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, Text))


def results(request: ModelRequest) -> list[str]:
    return [part.content for message in request.messages for part in message.parts if isinstance(part, ToolResult)]


def support_model(routes: Sequence[str]) -> Script:
    """Chooses these routes, looks up what the input names, and repeats what it was given."""

    def answer(request: ModelRequest) -> ModelAnswer:
        if request.output_schema:
            return says(json.dumps({"routes": list(routes), "reason": "as scripted"}))
        if request.tools and not results(request):
            _, _, rest = said(request.messages[0]).partition("## table\n\n")
            table, _, where = rest.partition("\n\n## where\n\n")
            return says("", calls("1", "lookup_record", table=table, where=json.loads(where)))
        return says("\n".join([*results(request), said(request.messages[0])]))

    return answer


def support(routes: Sequence[str], *, message: str = "Please help.", **inputs: str) -> WholeRun:
    sample = Sample(name="", inputs={"message": message, **inputs})
    return run_sample(template("support_ticket"), sample, folder=GALLERY, script=support_model(routes))


@pytest.mark.parametrize(
    "routes", [["billing"], ["billing", "access"], ["technical", "delivery", "billing"], sorted(BRANCHES)]
)
def test_only_the_branches_of_the_named_problems_run(routes: list[str]) -> None:
    run = support(routes)
    assert run.ran() & BRANCHES == set(routes)
    assert "reply" in run.ran()
    assert "ask_back" not in run.ran()


def test_without_a_problem_no_branch_runs_and_the_reply_is_the_question_back() -> None:
    run = support([], message="Hello?")
    assert run.ran() == {"customer", "history", "classify", "ask_back"}
    assert run.output["reply"] == run.results["ask_back"].output["text"]


def test_every_branch_looks_the_customer_up_in_its_own_table() -> None:
    run = support(["billing", "access", "delivery"], customer="C-1003")
    assert "F-22102" in run.results["billing"].output["text"]
    assert "One wrong password on 20 November" in run.results["access"].output["text"]
    assert "CE770311IE" in run.results["delivery"].output["text"]


def test_the_reply_is_written_from_every_finding_and_the_customers_record() -> None:
    run = support(["billing", "access"])
    (prompt,) = [said(request.messages[0]) for key, request in run.requests if key.startswith("reply/")]
    for part in ("F-21877", "Locked on 19 November", "2023-04-18", "Leaking hose adapter"):
        assert part in prompt
    assert "JJD0141900771" not in prompt, "nobody asked about an order"


def test_the_customer_is_optional() -> None:
    assert support(["billing"]).output["customer"] == "C-1001"


def test_an_unknown_customer_gives_a_run_without_a_record() -> None:
    run = support(["billing"], customer="C-9999")
    assert run.results["customer"].output["result"]["rows"] == []
    assert "reply" in run.ran()


def repeat(request: ModelRequest) -> ModelAnswer:
    """Answers with the beginning and the end of what it was given."""
    if request.output_schema:
        return says(json.dumps({"supported": [{"claim": "a", "evidence": "b"}], "unsupported": []}))
    text = said(request.messages[0])
    return says(f"{text[:300]} ... {text[-300:]}")


def every_sample(name: str) -> list[tuple[WorkflowFile, Sample]]:
    workflow = template(name)
    return [(workflow, sample) for sample in workflow.samples]


@pytest.mark.parametrize(("workflow", "sample"), every_sample("summarise_documents"), ids=lambda value: value.name)
def test_the_digest_is_written_from_every_document(workflow: WorkflowFile, sample: Sample) -> None:
    run = run_sample(workflow, sample, folder=GALLERY, script=repeat)
    assert [each["document"] for each in run.output["summaries"]] == [path.rpartition("/")[2] for path in sample.files]
    (digest,) = [request for key, request in run.requests if key.startswith("digest/")]
    assert all(each["document"] in said(digest.messages[0]) for each in run.output["summaries"])
    assert sample.inputs.get("focus", "decisions, dates") in digest.system


@pytest.mark.parametrize(("workflow", "sample"), every_sample("news_article"), ids=lambda value: value.name)
def test_the_draft_is_checked_against_the_text_of_every_page(workflow: WorkflowFile, sample: Sample) -> None:
    run = run_sample(workflow, sample, folder=GALLERY, script=repeat)
    (check,) = [said(request.messages[0]) for key, request in run.requests if key.startswith("check/")]
    assert run.results["draft"].output["text"] in check
    for page in run.results["pages"].output:
        assert len(page["text"]) > 1000
        assert json.dumps(page["text"], ensure_ascii=False) in check
    assert run.output["article"] == run.results["draft"].output["text"]
    assert run.output["supported"] == [{"claim": "a", "evidence": "b"}]


@pytest.mark.parametrize(
    ("name", "node", "queue"), [("support_ticket", "reply", "support"), ("news_article", "article", "editors")]
)
def test_people_see_the_result_before_it_goes_out(name: str, node: str, queue: str) -> None:
    gate = template(name).document["nodes"][node]["gate"]
    assert (gate["when"], gate["queue"]) == ("always", queue)
