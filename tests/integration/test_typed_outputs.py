"""What people type in a step's place is such as the step could have given; what is not is refused, and nothing is lost."""

from typing import Any

import pytest

from orchestrator.contract.errors import CallError
from orchestrator.contract.messages import ModelAnswer, ModelRequest
from orchestrator.engine.messages import Incident
from orchestrator.operations import runs as operations
from orchestrator.operations.typed import WrongOutput, WrongPort
from reviews.errors import WrongDecision
from reviews.models import Review, Vote
from reviews.operations import apply_due, decide
from reviews.policy import Source
from reviews.verdicts import Given
from teams.models import Connection, Team
from tests import runs
from tests.fakes.asking import NOW, Asking, a_member, a_team, later
from tests.plugins.providers.scripted import script

pytestmark = [pytest.mark.django_db, pytest.mark.store]
ROUTES = {"billing": "Money", "access": "Passwords"}
ROUTER = {"type": "router", "config": {"model": "scripted/one", "text": "hello", "routes": ROUTES}}
NEXT = {"type": "noop"}
PICKED = {"routes": ["billing"], "reason": "typed"}


def refuse(_: ModelRequest) -> ModelAnswer:
    raise CallError("no such model there")


@pytest.fixture
def team() -> Team:
    team = a_team()
    Connection.objects.create(team=team, name="scripted", provider="scripted")
    script.answer = refuse
    return team


def played(team: Team, *edges: list[str], **nodes: Any) -> int:
    run = runs.start(runs.a_version({"nodes": nodes, "edges": [*edges]}, team=team))
    runs.work(run)
    return run


def prompt() -> dict[str, Any]:
    return {"type": "prompt", "config": {"model": "scripted/one", "prompt": "hello"}}


def test_a_skipped_step_takes_only_a_port_with_an_edge(team: Team) -> None:
    run = played(team, ["a", "out", "b"], a=prompt(), b=NEXT)
    typed = {"text": "typed", "data": None}
    with pytest.raises(WrongPort, match=r"'aut'\. Name one of: out"):
        operations.skip(run=run, path="a", output=typed, by="Ana", ports=("aut",))
    with pytest.raises(WrongPort, match="must take a port"):
        operations.skip(run=run, path="a", output=typed, by="Ana", ports=())
    assert (runs.status(run), runs.step(run, "a").output) == ("failed", None)
    operations.skip(run=run, path="a", output=typed, by="Ana")
    runs.work(run)
    assert runs.status(run) == "succeeded"


def test_a_skipped_step_gives_what_the_next_ones_expect(team: Team) -> None:
    run = played(team, ["a", "out", "b"], a=prompt(), b=NEXT)
    with pytest.raises(WrongOutput, match="no output of step 'a'"):
        operations.skip(run=run, path="a", output={"words": 1}, by="Ana")
    assert runs.status(run) == "failed"


@pytest.fixture
def lost(team: Team) -> tuple[Asking, Review]:
    """A router that people are asked about."""
    run = Asking.of(team, "pick.billing -> b, pick.access -> c", pick=ROUTER)
    step = run.claim("pick")
    run.tell(Incident(path=step.path, attempt=step.attempt, code="unknown_outcome"))
    return run, run.review("pick", "incident:1:unknown_outcome")


def test_an_incident_is_skipped_by_a_port_of_the_step(lost: tuple[Asking, Review]) -> None:
    run, review = lost
    ana = a_member(run.team, "Ana")
    given = Given(verdict="skipped", value=PICKED, port="billing")
    decide(review=review.pk, by=ana, given=given, source=Source.PAGE, now=NOW)
    apply_due(later(11).timestamp())
    assert (run.status("pick"), run.status("b"), run.status("c")) == ("succeeded", "ready", "skipped")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (Given(verdict="skipped", value=PICKED), WrongPort, "Name one of: access, billing"),
        (Given(verdict="skipped", value=PICKED, port="refund"), WrongPort, "'refund'"),
        (Given(verdict="skipped", value={"routes": "billing"}, port="billing"), WrongOutput, "reason"),
        (Given(verdict="failed", port="billing"), WrongDecision, "takes no port"),
    ],
)
def test_what_the_step_could_not_have_done_is_refused_and_the_review_stays_open(
    lost: tuple[Asking, Review], given: Given, error: type[Exception], words: str
) -> None:
    run, review = lost
    ana = a_member(run.team, "Ana")
    with pytest.raises(error, match=words):
        decide(review=review.pk, by=ana, given=given, source=Source.PAGE, now=NOW)
    review.refresh_from_db()
    assert (review.status, review.row_version, Vote.unscoped.count()) == ("open", 1, 0)
    assert run.status("pick") == "waiting"


def test_a_type_that_is_gone_has_the_ports_of_its_edges_and_any_output(team: Team) -> None:
    run = Asking.of(team, "pick.billing -> b", pick={"type": "gone", "config": {}})
    step = run.claim("pick")
    run.tell(Incident(path=step.path, attempt=step.attempt, code="unknown_type"))
    review, ana = run.review("pick", "incident:1:unknown_type"), a_member(team, "Ana")
    given = Given(verdict="skipped", value="anything", port="billing")
    decide(review=review.pk, by=ana, given=given, source=Source.API, now=NOW)
    assert (run.status("pick"), run.status("b")) == ("succeeded", "ready")
