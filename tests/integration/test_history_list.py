"""The list of runs: filters, pages, what a line says, and that teams are apart."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from history.filters import Filters
from history.queries.pages import Page, Place, all_lines, page
from orchestrator.models import LedgerEntry, Run, Version
from orchestrator.operations import starting
from orchestrator.operations.starting import Wanted
from reviews.operations import save_queue
from reviews.operations.queues import QueueSettings
from teams.callers import Caller
from teams.errors import NotAllowed
from teams.policy import Role
from tests import runs
from tests.personas import NOW, Personas, personas
from tests.world import FAILS, MESSAGE, gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]
NEWEST = Place()
QUICK: dict[str, Any] = {"inputs": MESSAGE, "nodes": {"say": {"type": "noop", "config": {}}}, "edges": []}


@pytest.fixture
def who() -> Personas:
    return personas(bobs_role=Role.runner)


def started(by: Caller, version: Version, message: str = "Hello", trigger: str = "api") -> int:
    run = starting.start_run(by=by, wanted=Wanted(version=version, given={"message": message}, trigger=trigger))
    runs.work(run)
    return run


def listed(by: Caller, place: Place = NEWEST, size: int = 50, **filters: Any) -> Page:
    return page(by, filters=Filters(**filters), place=place, size=size)


def ids(found: Page) -> list[int]:
    return [line.run.id for line in found.lines]


def change(run: int, **values: Any) -> None:
    Run.unscoped.filter(pk=run).update(**values)


def test_runs_are_found_by_status_workflow_version_person_and_trigger(who: Personas) -> None:
    quick, failing = runs.a_version(QUICK, team=who.team), runs.a_version(FAILS, team=who.team)
    first = started(who.alice, quick)
    failed = started(who.bob, failing, trigger="person")
    waiting = started(who.bob, runs.a_version(gated(), team=who.team))
    second = Version.objects.create(workflow=quick.workflow, number=2, document=QUICK, digest="2")
    newer = started(who.alice, second)
    assert ids(listed(who.alice)) == [newer, waiting, failed, first]
    assert ids(listed(who.alice, statuses=("failed",))) == [failed]
    assert ids(listed(who.alice, statuses=("waiting", "running"))) == [waiting]
    assert ids(listed(who.alice, statuses=("waiting", "failed"))) == [waiting, failed]
    assert ids(listed(who.alice, workflow=quick.workflow.slug)) == [newer, first]
    assert ids(listed(who.alice, workflow=quick.workflow.slug, version=1)) == [first]
    assert ids(listed(who.alice, workflow="nobody-knows-it")) == []
    assert ids(listed(who.alice, person=who.bob.user_id)) == [waiting, failed]
    assert ids(listed(who.alice, trigger="person")) == [failed]


def test_runs_are_found_by_cost_duration_and_date(who: Personas) -> None:
    version = runs.a_version(QUICK, team=who.team)
    cheap, dear = started(who.alice, version), started(who.alice, version)
    day = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    change(cheap, cost=1_000, created_at=day, finished_at=day + 5)
    change(dear, cost=2_000_000, created_at=day + 90_000, finished_at=day + 90_600)
    assert ids(listed(who.alice, cost_from=1_000_000)) == [dear]
    assert ids(listed(who.alice, cost_to=1_000)) == [cheap]
    assert ids(listed(who.alice, seconds_from=60)) == [dear]
    assert ids(listed(who.alice, seconds_to=5)) == [cheap]
    assert ids(listed(who.alice, since=day + 86_400)) == [dear]
    assert ids(listed(who.alice, until=day + 86_400)) == [cheap]


def test_a_run_that_goes_on_lasts_until_now(who: Personas) -> None:
    run = started(who.alice, runs.a_version(gated(), team=who.team))
    change(run, created_at=Run.unscoped.get(pk=run).created_at - 3600)
    assert ids(listed(who.alice, seconds_from=3600)) == [run]
    assert listed(who.alice).lines[0].seconds >= 3600


def test_runs_that_wait_for_me_are_those_whose_reviews_i_may_decide(who: Personas) -> None:
    waiting = started(who.alice, runs.a_version(gated(), team=who.team))
    document = gated()
    document["nodes"]["reply"]["gate"]["queue"] = "experts"
    assert who.alice.member_id is not None
    save_queue(
        by=who.alice,
        settings=QueueSettings(slug="experts", name="Experts", members=(who.alice.member_id,)),
        now=NOW,
    )
    hers = started(who.alice, runs.a_version(document, team=who.team))
    started(who.alice, runs.a_version(QUICK, team=who.team))
    assert ids(listed(who.alice, waits_for_me=True)) == [hers, waiting]
    assert ids(listed(who.bob, waits_for_me=True)) == [waiting]
    for question in runs.open_questions(waiting):
        runs.answer(question, "approved")
    assert ids(listed(who.bob, waits_for_me=True)) == []


def test_pages_are_stable_while_runs_are_started(who: Personas) -> None:
    version = runs.a_version(QUICK, team=who.team)
    made = [runs.start(version) for _ in range(7)][::-1]
    first = listed(who.alice, size=3)
    assert (ids(first), first.newer, first.older) == (made[:3], None, made[2])
    runs.start(version)
    second = listed(who.alice, Place(before=first.older), size=3)
    assert (ids(second), second.newer, second.older) == (made[3:6], made[3], made[5])
    last = listed(who.alice, Place(before=second.older), size=3)
    assert (ids(last), last.newer, last.older) == (made[6:], made[6], None)
    back = listed(who.alice, Place(after=last.newer), size=3)
    assert (ids(back), back.older) == (made[3:6], made[5])
    assert back.newer == made[3]


def test_the_newest_page_has_nothing_newer(who: Personas) -> None:
    version = runs.a_version(QUICK, team=who.team)
    made = [runs.start(version) for _ in range(3)][::-1]
    found = listed(who.alice, Place(after=made[2]), size=3)
    assert (ids(found), found.newer, found.older) == (made[:2], None, made[1])
    assert listed(who.alice, Place(before=made[2])).lines == ()


def test_a_line_says_tokens_cost_time_and_share(who: Personas) -> None:
    version = runs.a_version(QUICK, team=who.team)
    short, long = started(who.alice, version), started(who.alice, version)
    at = Run.unscoped.get(pk=short).created_at
    change(short, created_at=at, finished_at=at + 5, cost=1_500)
    change(long, created_at=at, finished_at=at + 20)
    for tokens in (10, 20):
        LedgerEntry.objects.create(
            team=who.team, run_id=short, path="say", round=1, key="k", attempt=1, provider="demo", model="demo",
            tokens_in=tokens, tokens_out=1, outcome="done", at=at,
        )  # fmt: skip
    found = {line.run.id: line for line in listed(who.alice).lines}
    assert (found[short].tokens, found[short].seconds, found[short].share) == (32, 5, 25)
    assert (found[short].run.cost, found[short].run.started_by) == (0.0015, "Alice")
    assert (found[long].tokens, found[long].share) == (0, 100)


def test_nobody_sees_the_runs_of_another_team(who: Personas) -> None:
    started(who.alice, runs.a_version(QUICK, team=who.team))
    assert ids(listed(who.charlie)) == []
    assert ids(listed(who.charlie, person=who.alice.user_id)) == []


def test_a_reviewer_may_not_list_runs() -> None:
    who = personas(bobs_role=Role.reviewer)
    with pytest.raises(NotAllowed):
        listed(who.bob)


def test_a_page_takes_few_queries_however_long_it_is(
    who: Personas, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    version = runs.a_version(QUICK, team=who.team)
    for _ in range(60):
        runs.start(version)
    with django_assert_max_num_queries(4):
        assert len(listed(who.alice).lines) == 50


def test_an_export_goes_through_everything_in_pieces(who: Personas) -> None:
    version = runs.a_version(QUICK, team=who.team)
    made = [runs.start(version) for _ in range(7)][::-1]
    pieces = list(all_lines(who.alice, filters=Filters(), size=3))
    assert [[line.run.id for line in piece] for piece in pieces] == [made[:3], made[3:6], made[6:]]
