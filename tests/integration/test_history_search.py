"""Full text over what went into runs and came out of them, filled by the sweeper's tick from state alone."""

from typing import Any

import pytest

from history import indexing, search_index
from history.filters import Filters
from history.indexing import index_runs
from history.models import RunText, SearchProgress
from history.queries import pages
from history.queries.pages import Place, page
from history.search_words import terms_of
from orchestrator.models import Run
from orchestrator.operations import deleting, starting, upkeep
from orchestrator.operations import runs as operations
from orchestrator.operations.starting import Wanted
from teams.callers import Caller
from teams.models import Team
from tests import runs
from tests.personas import NOW, Personas, personas
from tests.world import MESSAGE, gated

pytestmark = [pytest.mark.django_db, pytest.mark.store]
NEWEST = Place()
SAYS: dict[str, Any] = {
    "inputs": MESSAGE,
    "nodes": {"say": {"type": "transform", "config": {"template": "Dear {{ inputs.message }}, Grüße"}}},
    "edges": [],
    "output": {"reply": "{{ say }}"},
}


@pytest.fixture
def who() -> Personas:
    return personas()


def a_run(by: Caller, message: str, *, document: dict[str, Any] | None = None) -> int:
    version = runs.a_version(document or SAYS, team=Team.objects.get(pk=by.team_id))
    return starting.start_run(by=by, wanted=Wanted(version=version, given={"message": message}))


def tick(later: float = 0) -> None:
    index_runs(upkeep.clock() + later)


def found(by: Caller, text: str, place: Place = NEWEST, size: int = 50, **filters: Any) -> list[int]:
    return [line.run.id for line in page(by, filters=Filters(text=text, **filters), place=place, size=size).lines]


def test_the_input_is_found_soon_after_the_start_and_the_output_at_the_end(who: Personas) -> None:
    run = a_run(who.alice, "Parcel RE-17 of ada@example.org is lost")
    assert found(who.alice, "parcel") == []
    tick()
    assert found(who.alice, "parcel") == [run]
    assert found(who.alice, "dear") == []
    runs.work(run)
    tick()
    assert found(who.alice, "dear") == [run]


@pytest.mark.parametrize(
    "text",
    [
        "parcel",
        "PARC",
        "lost parcel",
        "re-17",
        "17",
        '"of ada"',
        "ada@example.org",
        "ada@example",
        "grüße",
        "GRÜSSE",
        "dear p",
    ],
)
def test_words_beginnings_phrases_and_addresses_find_a_run(who: Personas, text: str) -> None:
    run = a_run(who.alice, "Parcel RE-17 of ada@example.org p is lost")
    runs.work(run)
    tick()
    assert found(who.alice, text) == [run]


@pytest.mark.parametrize(
    "text", ["parcels", '"ada of"', "message", "reply", "los parcel x", "?!", "ada@example.com", "arcel"]
)
def test_other_words_do_not(who: Personas, text: str) -> None:
    run = a_run(who.alice, "Parcel RE-17 of ada@example.org is lost")
    runs.work(run)
    tick()
    assert found(who.alice, text) == []


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", '"', '" *', "words:t", "NEAR(a b)", "team:t1", "a & !b | (c", "\\", ":*"]
)
def test_whatever_is_asked_is_only_words(who: Personas, text: str) -> None:
    a_run(who.alice, "Hello")
    tick()
    assert found(who.alice, text) == []


def test_another_teams_words_are_not_found(who: Personas) -> None:
    a_run(who.alice, "parcel")
    own = a_run(who.charlie, "parcel")
    tick()
    assert found(who.charlie, "parcel") == [own]


def test_full_text_goes_with_other_filters_and_pages(who: Personas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "HITS", 2)
    made = [a_run(who.alice, f"parcel {number}") for number in range(7)][::-1]
    operations.cancel(run=made[6], by="x")
    tick()
    assert found(who.alice, "parcel", size=3) == made[:3]
    assert found(who.alice, "parcel", Place(before=made[2]), size=3) == made[3:6]
    assert found(who.alice, "parcel", Place(after=made[5]), size=3) == made[2:5]
    assert found(who.alice, "parcel", statuses=("cancelled",)) == [made[6]]


def test_a_text_that_is_found_too_often_is_told(who: Personas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "HITS", 1)
    monkeypatch.setattr(pages, "MOST_HITS", 2)
    made = [a_run(who.alice, "parcel") for _ in range(3)]
    operations.cancel(run=made[0], by="x")
    tick()
    assert page(who.alice, filters=Filters(text="parcel", statuses=("cancelled",)), place=Place()).is_cut


def test_a_large_output_is_found(who: Personas) -> None:
    run = a_run(who.alice, "filling " * 6_000 + "needle")
    tick()
    assert found(who.alice, "needle") == [run]


def test_a_run_that_waits_fails_or_is_retried_is_found_by_what_there_is(who: Personas) -> None:
    run = a_run(who.alice, "parcel", document=gated("Answer {{ inputs.message }}"))
    runs.work(run)
    tick()
    assert found(who.alice, "parcel") == [run]
    for question in runs.open_questions(run):
        runs.answer(question, "edited", value="Another reply")
    runs.work(run)
    tick()
    assert found(who.alice, "another reply") == [run]


def test_each_tick_goes_on_where_the_last_one_stopped(who: Personas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MOST", 2)
    made = [a_run(who.alice, "parcel") for _ in range(5)][::-1]
    tick()
    assert found(who.alice, "parcel") == made[3:]
    tick()
    tick()
    assert found(who.alice, "parcel") == made


def test_the_cursors_stay_a_minute_behind(who: Personas) -> None:
    run = a_run(who.alice, "parcel")
    runs.work(run)
    tick()
    assert SearchProgress.objects.get().run == 0
    tick(later=3600)
    progress = SearchProgress.objects.get()
    assert progress.run == run
    assert progress.ended_at == Run.unscoped.get(pk=run).finished_at


def test_a_run_that_became_visible_late_is_indexed_all_the_same(who: Personas) -> None:
    first, late = a_run(who.alice, "parcel"), a_run(who.alice, "parcel")
    search_index.write(run=late, seq=1, words=["parcel"])
    tick()
    assert found(who.alice, "parcel") == [late, first]


def test_the_words_go_with_their_run(who: Personas) -> None:
    run = a_run(who.alice, "parcel")
    runs.work(run)
    tick()
    assert RunText.objects.of(who.team).filter(pk=run).exists()
    deleting.delete_run(by=who.alice, run=run, now=NOW)
    assert search_index.find(team=who.team.pk, terms=terms_of("parcel"), beyond=run + 1, limit=9) == []
    assert not RunText.unscoped.filter(pk=run).exists()


def test_of_a_run_that_is_gone_nothing_is_kept() -> None:
    search_index.write(run=999_999, seq=1, words=["parcel"])
    assert not RunText.unscoped.exists()
