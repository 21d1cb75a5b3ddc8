"""A request sent twice does its work once (R12)."""

from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest
from django.db import connection

from teams.errors import WrongInput
from teams.idempotency import (
    Answer,
    IdempotencyKeyReused,
    WrongIdempotencyKey,
    forget_old_keys,
    once,
    request_digest,
)
from teams.models import IdempotencyKey, Team
from tests.personas import NOW, person, personas
from tests.threads import at_once

pytestmark = pytest.mark.store

ONE = request_digest(caller="alice", method="POST", path="/runs", body=b"{}")
OTHER = request_digest(caller="alice", method="POST", path="/runs", body=b'{"a": 1}')


def work(slug: str) -> dict[str, str]:
    """Work that leaves a trace for each time it was done."""
    team = Team.objects.create(name="work", slug=slug)
    return {"id": str(team.pk)}


def traces() -> int:
    return Team.objects.filter(name="work").count()


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer_and_does_nothing() -> None:
    team = personas().team.pk
    first = once(team_id=team, key="k", digest=ONE, make=partial(work, "a"), now=NOW)
    second = once(team_id=team, key="k", digest=ONE, make=partial(work, "b"), now=NOW)
    assert (first.value, first.is_repeated) == (second.value, False)
    assert second.is_repeated
    assert traces() == 1


@pytest.mark.django_db
def test_a_key_belongs_to_one_request() -> None:
    team = personas().team.pk
    once(team_id=team, key="k", digest=ONE, make=partial(work, "a"), now=NOW)
    with pytest.raises(IdempotencyKeyReused, match="Send a new key"):
        once(team_id=team, key="k", digest=OTHER, make=partial(work, "b"), now=NOW)
    assert traces() == 1


@pytest.mark.django_db
def test_teams_do_not_share_keys() -> None:
    world = personas()
    once(team_id=world.team.pk, key="k", digest=ONE, make=partial(work, "a"), now=NOW)
    assert not once(team_id=world.other_team.pk, key="k", digest=ONE, make=partial(work, "b"), now=NOW).is_repeated


@pytest.mark.django_db
def test_work_that_fails_leaves_nothing_and_can_be_tried_again() -> None:
    team = personas().team.pk

    def fails() -> None:
        work("a")
        raise WrongInput("no")

    with pytest.raises(WrongInput, match="no"):
        once(team_id=team, key="k", digest=ONE, make=fails, now=NOW)
    assert (traces(), IdempotencyKey.objects.of(team).count()) == (0, 0)
    assert not once(team_id=team, key="k", digest=OTHER, make=partial(work, "a"), now=NOW).is_repeated


@pytest.mark.django_db
def test_an_integrity_error_of_the_work_is_not_taken_for_a_used_key() -> None:
    team = personas().team.pk
    work("a")
    with pytest.raises(Exception, match=r"(?i)unique"):
        once(team_id=team, key="k", digest=ONE, make=partial(work, "a"), now=NOW)
    assert not IdempotencyKey.objects.of(team).exists()


@pytest.mark.django_db
def test_without_a_key_every_request_is_a_new_one() -> None:
    team = personas().team.pk
    for slug in ("a", "b"):
        assert not once(team_id=team, key=None, digest=ONE, make=partial(work, slug), now=NOW).is_repeated
    assert traces() == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "ü", "a\nb"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(WrongIdempotencyKey):
        once(team_id=1, key=key, digest=ONE, make=dict, now=NOW)


@pytest.mark.django_db
def test_old_keys_are_forgotten() -> None:
    team = personas().team.pk
    once(team_id=team, key="old", digest=ONE, make=dict, now=NOW)
    once(team_id=team, key="new", digest=ONE, make=dict, now=NOW + timedelta(days=1))
    assert forget_old_keys(now=NOW + timedelta(days=7, hours=1)) == 1
    assert [row.key for row in IdempotencyKey.objects.of(team)] == ["new"]


def test_each_part_of_a_request_makes_another_digest() -> None:
    same = partial(request_digest, caller="a", method="POST", path="/x", body=b"y")
    digests = [same(), same(caller="b"), same(method="PUT"), same(path="/xy", body=b""), same(body=b"z")]
    assert len(set(digests)) == 5


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_the_same_time_one_does_the_work() -> None:
    team = personas().team.pk
    calls = [partial(once, team_id=team, key="k", digest=ONE, make=partial(work, f"w{n}"), now=NOW) for n in range(8)]
    answers = at_once(calls)
    assert all(isinstance(answer, Answer) for answer in answers), answers
    assert sorted(answer.is_repeated for answer in answers if isinstance(answer, Answer)) == [False] + [True] * 7
    assert len({answer.value["id"] for answer in answers if isinstance(answer, Answer)}) == 1
    assert traces() == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_the_work_runs_waits_for_its_answer() -> None:
    team = person_team()
    is_working, may_go_on = Event(), Event()
    answers: list[Answer] = []

    def slow() -> dict[str, str]:
        is_working.set()
        assert may_go_on.wait(20)
        return work("slow")

    def ask(make: object) -> None:
        answers.append(once(team_id=team, key="k", digest=ONE, make=make, now=NOW))  # type: ignore[arg-type]
        connection.close()

    first = Thread(target=ask, args=[slow])
    second = Thread(target=ask, args=[partial(work, "second")])
    first.start()
    assert is_working.wait(20)
    second.start()
    second.join(0.2)
    assert second.is_alive(), "the second did not wait for the first"
    may_go_on.set()
    first.join(20)
    second.join(20)
    assert [answer.is_repeated for answer in answers] == [False, True]
    assert traces() == 1


def person_team() -> int:
    return Team.objects.create(name="Team of " + person("alice").name, slug="team").pk
