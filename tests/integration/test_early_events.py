"""No answer is ever early: an event that comes before its wait is kept, and the wait hears it once."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.conf import settings

from orchestrator.models import DeliveredEvent, Run
from orchestrator.operations import answers
from orchestrator.store.payloads import PayloadTooLarge
from teams.models import Team
from tests import runs
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.store]
GATED = {"type": "transform", "config": {"template": "ready"}, "gate": {"when": "always"}}
WAIT = {"type": "wait", "config": {"event": "paid", "correlation": "7"}}


@pytest.fixture
def team() -> Team:
    return runs.a_team()


def begun(team: Team, *edges: list[str], **nodes: Any) -> int:
    """A run whose first step waits for people; what comes after it has not asked for anything yet."""
    document = {"nodes": {"ask": GATED, **nodes}, "edges": [*edges]}
    run = runs.start(runs.a_version(document, team=team))
    runs.work(run)
    assert runs.status(run) == "waiting"
    return run


def go_on(run: int) -> None:
    (question,) = [one for one in runs.open_questions(run) if one.kind == "output"]
    runs.answer(question, "approved")
    runs.work(run)


def deliver(team: Team, payload: Any = None, correlation: str = "7") -> int:
    return answers.deliver_event(team=team.pk, name="paid", correlation=correlation, payload=payload)


TO_WAIT = ["ask", "out", "wait"]


def test_a_wait_hears_what_came_before_it(team: Team) -> None:
    run = begun(team, TO_WAIT, wait=WAIT)
    assert deliver(team, {"amount": 5}) == 0
    go_on(run)
    assert (runs.status(run), runs.output(run, "wait")) == ("succeeded", {"event": {"amount": 5}})


def test_of_several_it_hears_the_newest(team: Team) -> None:
    run = begun(team, TO_WAIT, wait=WAIT)
    for amount in (1, 2, 3):
        deliver(team, {"amount": amount})
    assert DeliveredEvent.unscoped.filter(team=team).count() == 1
    go_on(run)
    assert runs.output(run, "wait") == {"event": {"amount": 3}}


def test_an_event_is_heard_once(team: Team) -> None:
    run = begun(team, TO_WAIT, ["wait", "out", "again"], wait=WAIT, again=WAIT)
    deliver(team, {"amount": 1})
    go_on(run)
    assert (runs.step(run, "wait").status, runs.step(run, "again").status) == ("succeeded", "waiting")
    assert deliver(team, {"amount": 2}) == 1
    runs.work(run)
    assert (runs.status(run), runs.output(run, "again")) == ("succeeded", {"event": {"amount": 2}})


def test_every_item_of_a_map_hears_it(team: Team) -> None:
    each = {"type": "map", "config": {"items": [1, 2, 3], "body": {"nodes": {"wait": WAIT}, "edges": []}}}
    run = begun(team, ["ask", "out", "each"], each=each)
    deliver(team, "here")
    go_on(run)
    items = runs.Step.unscoped.filter(run=run, path__startswith="each[", status="succeeded")
    assert (runs.status(run), items.count()) == ("succeeded", 3)


def test_a_run_that_began_later_does_not_hear_it(team: Team) -> None:
    deliver(team)
    run = begun(team, TO_WAIT, wait=WAIT)
    go_on(run)
    assert (runs.status(run), runs.step(run, "wait").reason) == ("waiting", "event")


def test_another_key_and_another_team_are_other_events(team: Team) -> None:
    run = begun(team, TO_WAIT, wait=WAIT)
    deliver(team, correlation="8")
    deliver(runs.a_team())
    go_on(run)
    assert runs.status(run) == "waiting"


def test_it_is_kept_for_a_week(team: Team) -> None:
    run = begun(team, TO_WAIT, wait=WAIT)
    deliver(team)
    assert answers.forget_events() == 0
    kept = DeliveredEvent.unscoped.get(team=team)
    DeliveredEvent.unscoped.filter(pk=kept.pk).update(at=kept.at - answers.KEPT_FOR - 1)
    Run.unscoped.filter(pk=run).update(created_at=1.0)
    assert answers.forget_events() == 1
    go_on(run)
    assert runs.status(run) == "waiting"


def test_one_that_is_too_large_is_refused_and_not_kept(team: Team) -> None:
    with pytest.raises(PayloadTooLarge):
        deliver(team, "x" * (settings.BATON_PAYLOAD_LIMIT + 1))
    assert not DeliveredEvent.unscoped.filter(team=team).exists()


@pytest.fixture
def ready(team: Team, transactional_db: None) -> list[int]:
    """Runs whose wait is the next that happens."""
    version = runs.a_version({"nodes": {"wait": WAIT}, "edges": []}, team=team)
    return [runs.start(version) for _ in range(4)]


@pytest.mark.django_db(transaction=True)
def test_whoever_is_first_the_wait_hears_it(team: Team, ready: list[int]) -> None:
    """The event is kept before anybody is looked for, and steps look after they have asked: one sees the other."""
    calls: list[Callable[[], object]] = [
        *[partial(runs.work, run) for run in ready],
        partial(deliver, team, {"amount": 5}),
    ]
    assert not [one for one in at_once(calls) if isinstance(one, Exception)]
    for run in ready:
        runs.work(run)
        assert (runs.status(run), runs.output(run, "wait")) == ("succeeded", {"event": {"amount": 5}})
        told = json.dumps(runs.facts(run))
        assert told.count('"answered": "event"') == 1
