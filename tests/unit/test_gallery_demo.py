"""Every sample of every template, run to its end on the demo model: the output is made of the input and of the records."""

import asyncio
import json
from dataclasses import replace
from functools import cache

import httpx2
import pytest

from builder.portable import Sample
from orchestrator.contract.messages import ModelAnswer, ModelRequest, Text, user
from orchestrator.registry import provider_types
from tests.fakes.whole_run import WholeRun, run_sample
from tests.unit.test_gallery import GALLERY, TEMPLATES, template
from tests.unit.test_gallery_runs import BRANCHES


def demo(request: ModelRequest) -> ModelAnswer:
    kind = provider_types()["demo"]
    client = kind.make(kind.settings(), {}, httpx2.MockTransport(_no_network))
    return asyncio.run(client.complete(request, on_delta=None))


def _no_network(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"the demo model wants {request.url}")


@cache
def run(name: str, sample: str) -> WholeRun:
    (found,) = [each for each in template(name).samples if each.name == sample]
    return run_sample(template(name), found, folder=GALLERY, script=demo)


def support(message: str, *, customer: str = "C-1001") -> WholeRun:
    sample = Sample(name="", inputs={"message": message, "customer": customer})
    return run_sample(template("support_ticket"), sample, folder=GALLERY, script=demo)


SAMPLES = [(name, sample.name) for name in TEMPLATES for sample in template(name).samples]


@pytest.mark.parametrize(("name", "sample"), SAMPLES)
def test_a_sample_gives_a_result_with_every_part(name: str, sample: str) -> None:
    output = run(name, sample).output
    assert all(value is not None and "{{" not in str(value) for value in output.values())
    assert all(len(value) > 100 for key, value in output.items() if key in {"digest", "article"})


@pytest.mark.parametrize("name", TEMPLATES)
def test_different_samples_give_different_results(name: str) -> None:
    results = [repr(run(name, sample.name).output) for sample in template(name).samples]
    assert len(set(results)) == len(results)


@pytest.mark.parametrize(
    ("sample", "branches"),
    [
        ("Two problems, customer for three years", {"billing", "access"}),
        ("One problem, a late parcel", {"delivery"}),
        ("Three problems, free plan", {"billing", "technical", "delivery"}),
        ("No problem named", set()),
        ("Same question, free plan", {"billing"}),
        ("Same question, customer for three years", {"billing"}),
        ("Wants to cancel, password expired", {"cancellation", "access"}),
    ],
)
def test_a_ticket_goes_to_the_branches_of_its_problems(sample: str, branches: set[str]) -> None:
    assert run("support_ticket", sample).ran() & BRANCHES == branches


@pytest.mark.parametrize(
    ("message", "branches"),
    [
        ("You billed me for a month that I had already paid.", {"billing"}),
        ("I am locked out, the app says my password is wrong.", {"access"}),
        ("The courier has not delivered my package.", {"delivery"}),
        ("One valve is leaking and the controller is offline.", {"technical"}),
        ("Good morning! What a lovely day.", set()),
        ("Please cancel my subscription.", {"cancellation"}),
    ],
)
def test_words_of_other_people_find_their_branches_too(message: str, branches: set[str]) -> None:
    assert support(message).ran() & BRANCHES == branches


def test_one_reply_speaks_to_both_problems_from_the_customers_records() -> None:
    reply = run("support_ticket", "Two problems, customer for three years").output["reply"]
    for part in ("Maren", "F-21877", "11.90", "Locked on 19 November", "recovery code", "25.00 EUR"):
        assert part in reply
    assert "JJD0141900771" not in reply


def test_a_reply_of_three_problems_speaks_to_all_three() -> None:
    reply = run("support_ticket", "Three problems, free plan").output["reply"]
    for part in ("Tomasz", "F-22014", "alkaline cells", "parcel locker"):
        assert part in reply


def test_a_free_customer_and_one_of_three_years_get_different_replies() -> None:
    free = run("support_ticket", "Same question, free plan").output["reply"]
    loyal = run("support_ticket", "Same question, customer for three years").output["reply"]
    assert "half price" in free
    assert "half price" not in loyal
    assert "priority line" in loyal
    assert "priority line" not in free


def test_without_a_problem_the_reply_is_one_question() -> None:
    reply = run("support_ticket", "No problem named").output["reply"]
    assert reply.count("?") == 1
    assert reply.rstrip().endswith("?")
    assert "invoice" in reply


def test_an_unknown_customer_is_told_so_instead_of_an_invention() -> None:
    reply = support("My invoice is wrong.", customer="C-9999").output["reply"]
    assert "EUR" not in reply
    assert "Maren" not in reply


@pytest.mark.parametrize("sample", [sample.name for sample in template("summarise_documents").samples])
def test_the_digest_names_every_document_and_quotes_its_figures(sample: str) -> None:
    output = run("summarise_documents", sample).output
    for each in output["summaries"]:
        assert each["document"] in output["digest"]
        own = {word for word in each["summary"].split() if any(sign.isdigit() for sign in word)}
        assert own & set(output["digest"].split()), each["document"]


def test_the_focus_changes_the_summary() -> None:
    workflow = template("summarise_documents")
    inputs = {"documents": ["summarise_documents/bicycle_library.pdf"], "focus": "stolen bicycles, repairs and brakes"}
    sample = Sample(name="", inputs=inputs, files=("summarise_documents/bicycle_library.pdf",))
    focused = run_sample(workflow, sample, folder=GALLERY, script=demo).output["digest"]
    usual = run("summarise_documents", "Council and committee papers").output["digest"]
    assert "brakes" in focused
    assert "brakes" not in usual.partition("water_committee.docx")[0]


@pytest.mark.parametrize("sample", [sample.name for sample in template("news_article").samples])
def test_the_article_is_made_of_the_pages_and_every_claim_is_checked(sample: str) -> None:
    found = run("news_article", sample)
    pages = " ".join(" ".join(page["text"].split()) for page in found.results["pages"].output)
    supported = found.output["supported"]
    assert len(supported) >= 5
    assert all(" ".join(each["evidence"].split()) in pages for each in supported)
    assert len(supported) > len(found.output["unsupported"])


def test_a_claim_that_no_page_makes_is_called_unsupported() -> None:
    found = run("news_article", "The electric ferry")
    request = next(request for key, request in found.requests if key.startswith("check/"))
    assert request.output_schema is not None
    invented = _with_claim(request, "The Heron was built in Norway for 95 million pounds and carries 900 cars.")
    (unsupported,) = [each for each in json.loads(demo(invented).text())["unsupported"] if "Norway" in each["claim"]]
    assert unsupported["problem"]


def _with_claim(request: ModelRequest, claim: str) -> ModelRequest:
    (part,) = request.messages[0].parts
    assert isinstance(part, Text)
    return replace(request, messages=(user(part.text.replace("\n\n## Pages", f"\n{claim}\n\n## Pages", 1)),))
