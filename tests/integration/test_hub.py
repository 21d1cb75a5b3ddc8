"""The live hub: what every watcher gets, in order and without gaps, whatever is lost on the way."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, OperationalError, connection

from orchestrator.contract.messages import Delta
from orchestrator.hub import Hub, reading
from orchestrator.hub.frame_queue import FrameQueue
from orchestrator.hub.reading import NotYetThere, on_thread, until_it_answers
from orchestrator.hub.watcher import MOST_RUNS, TooManyWatched
from orchestrator.queries.runs import RunNotFound
from orchestrator.store import database
from orchestrator.worker import deltas
from orchestrator.worker.held import Held
from teams.authentication import caller_with_token
from teams.errors import NotAllowed
from teams.operations.members import change_role, remove_member
from teams.operations.tokens import create_token, revoke_token
from teams.policy import Permission, Role
from tests import live
from tests.personas import NOW, Personas, personas
from tests.runs import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.store]


@pytest.fixture
def world(transactional_db: None) -> Iterator[Personas]:
    yield personas()
    live.close_connections()


@pytest.fixture
def run(world: Personas) -> int:
    return live.a_run(world)


def numbers(found: list[Any]) -> list[int]:
    return [one["seq"] for one in found]


async def test_a_watcher_gets_everything_after_its_number(world: Personas, run: int) -> None:
    await sync_to_async(work)(run)
    last = await sync_to_async(live.last_event)(run)
    async with live.watching(live.quiet_hub(), world.alice, run=run, after=2) as watcher:
        found = await live.taken(watcher, last - 2)
    assert numbers(found) == list(range(3, last + 1))
    assert set(found[0]) == {"run", "seq", "at", "facts"}


async def test_what_happens_while_it_watches_follows_what_it_missed(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice, run=run) as watcher:
        assert numbers(await live.taken(watcher, 1)) == [1]
        await live.until(lambda: live.is_marked(run))
        await live.commit_later(run, 3)
        live.publisher().flush(0.0)
        assert numbers(await live.taken(watcher, 3)) == [2, 3, 4]


async def test_the_last_event_of_a_burst_arrives_without_any_further_event(world: Personas, run: int) -> None:
    """Its doorbell is lost: nobody ever publishes what this process has committed."""
    hub = Hub(look_every=0.05, check_every=3600)
    async with live.watching(hub, world.alice, run=run) as watcher:
        await live.commit_later(run, 20)
        assert numbers(await live.taken(watcher, 21)) == list(range(1, 22))


async def test_a_late_and_repeated_doorbell_repeats_no_event(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice, run=run) as watcher:
        await live.commit_later(run, 2)
        for seq in (3, 1, 3, 2):
            hub._ring(run, seq)
        await live.taken(watcher, 3)
        await live.commit_later(run)
        await hub.look()
        assert numbers(await live.taken(watcher, 1)) == [4]


async def test_each_watcher_gets_the_same_text_made_once(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with (
        live.watching(hub, world.alice, run=run, after=1) as one,
        live.watching(hub, world.bob, run=run, after=1) as two,
    ):
        topic = hub._topics[run]
        await live.until(lambda: len(topic._followers) == 2)
        await live.commit_later(run)
        await hub.look()
        first, second = await one.queue.get(), await two.queue.get()
    assert first is second


async def test_whoever_comes_in_the_middle_of_a_burst_misses_nothing(world: Personas, run: int) -> None:
    hub = Hub(look_every=0.01, check_every=3600)

    async def follow(after: int) -> list[int]:
        async with live.watching(hub, world.alice) as watcher:
            await live.until(lambda: seen[0] >= after)
            await hub.watch(watcher, run=run, after=after)
            return numbers(await live.taken(watcher, 61 - after))

    seen = [1]

    async def commits() -> None:
        for _ in range(60):
            await live.commit_later(run)
            seen[0] += 1

    _, *found = await asyncio.gather(commits(), *(follow(after) for after in range(1, 60, 4)))
    assert found == [list(range(after + 1, 62)) for after in range(1, 60, 4)]


async def test_a_watcher_that_reads_too_slowly_is_told_to_refetch_and_can_go_on(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as watcher:
        watcher.queue = FrameQueue(most_frames=3)
        await hub.watch(watcher, run=run, after=1)
        await live.until(lambda: hub._topics[run]._followers)
        await live.commit_later(run, 6)
        await hub.look()
        await live.until(lambda: not watcher.following)
        found = await live.taken(watcher, 4)
        assert (numbers(found[:3]), found[3]) == ([2, 3, 4], {"run": run, "refetch": 4})
        await hub.watch(watcher, run=run, after=4)
        assert numbers(await live.taken(watcher, 3)) == [5, 6, 7]


async def test_a_slow_watcher_does_not_hold_up_the_others(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as slow, live.watching(hub, world.bob, run=run) as quick:
        slow.queue = FrameQueue(most_frames=1)
        await hub.watch(slow, run=run, after=0)
        await live.commit_later(run, 10)
        await hub.look()
        assert numbers(await live.taken(quick, 11)) == list(range(1, 12))


async def test_a_large_backlog_comes_as_fast_as_it_is_taken(
    world: Personas, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    await live.commit_later(run, 20)
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as watcher:
        watcher.queue = FrameQueue(most_frames=2)
        await hub.watch(watcher, run=run, after=0)
        assert numbers(await live.taken(watcher, 21)) == list(range(1, 22))
        assert list(watcher.following) == [run]


async def test_one_connection_follows_several_runs_until_it_stops(world: Personas, run: int) -> None:
    other = await sync_to_async(live.a_run)(world)
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice, run=run) as watcher:
        await hub.watch(watcher, run=other, after=0)
        assert {one["run"] for one in await live.taken(watcher, 2)} == {run, other}
        hub.stop(watcher, run=run)
        assert hub.watched() == [other]
    assert hub.watched() == []


async def test_a_run_is_marked_and_sends_tokens_only_while_somebody_watches(world: Personas, run: int) -> None:
    hub, publisher = live.quiet_hub(), live.publisher()
    other = await sync_to_async(live.a_run)(world)
    assert publisher.watched([run, other]) == []
    async with live.watching(hub, world.alice, run=run, after=1) as watcher:
        await live.until(lambda: publisher.watched([run, other]) == [run])
        assert 0 < publisher._redis.ttl(f"watched:{run}") <= 30
        claims = [Held(run, "a", 1), Held(other, "a", 1)]
        for claim in claims:
            deltas.collector(claim, "turn:0")(Delta(text="Hel"))
            deltas.collector(claim, "turn:0")(Delta(text="lo"))
        publisher.flush(0.0)
        (found,) = await live.taken(watcher, 1)
        for claim in claims:
            deltas.forget(claim, "turn:0")
    assert found["run"] == run
    assert [(one["step"], one["attempt"], one["tokens"]) for one in found["tokens"]] == [("a", 1, "Hello")]


async def test_tokens_are_left_out_for_who_reads_slowly(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as watcher:
        watcher.queue = FrameQueue(most_frames=4)
        await hub.watch(watcher, run=run, after=1)
        for _ in range(10):
            hub._pass_on(run, [{"step": "a", "tokens": "x"}])
        assert len(watcher.queue._waiting) == 2


@pytest.mark.parametrize("kind", ["role", "membership", "token"])
async def test_whoever_is_no_longer_what_they_were_is_sent_away_at_the_next_tick(
    world: Personas, run: int, kind: str
) -> None:
    hub = live.quiet_hub()
    bob = await sync_to_async(_with_token)(world) if kind == "token" else world.bob
    async with (
        live.watching(hub, bob, run=run, after=1) as one,
        live.watching(hub, world.alice, run=run, after=1) as two,
    ):
        await hub.tick(NOW)
        assert list(one.following) == [run]
        await sync_to_async(_take_away)(world, kind, bob.token_id)
        await hub.tick(NOW)
        assert (await live.one_taken(one))["error"]["code"] == "membership_changed"
        assert (list(one.following), list(two.following)) == ([], [run])


def _with_token(world: Personas) -> Any:
    made = create_token(by=world.bob, name="t", permissions=[Permission.read], expires_at=None, now=NOW)
    return caller_with_token(made.text, now=NOW)


def _take_away(world: Personas, kind: str, token: int | None) -> None:
    if kind == "role":
        change_role(by=world.alice, member_id=world.bob.member_id or 0, role=Role.editor, now=NOW)
    elif kind == "membership":
        remove_member(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    else:
        revoke_token(by=world.bob, token_id=token or 0, now=NOW)


async def test_a_run_of_another_team_is_not_found(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.charlie) as watcher:
        for unknown in (run, 987654):
            with pytest.raises(RunNotFound):
                await hub.watch(watcher, run=unknown, after=0)
    assert hub.watched() == []


async def test_a_role_that_may_not_see_runs_watches_none(world: Personas, run: int) -> None:
    await sync_to_async(change_role)(by=world.alice, member_id=world.bob.member_id or 0, role=Role.reviewer, now=NOW)
    bob = await sync_to_async(live.caller_again)(world.bob)
    hub = live.quiet_hub()
    async with live.watching(hub, bob) as watcher:
        with pytest.raises(NotAllowed):
            await hub.watch(watcher, run=run, after=0)


async def test_a_number_that_the_run_has_not_reached_is_refused(world: Personas, run: int) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as watcher:
        with pytest.raises(NotYetThere, match="Load the run again"):
            await hub.watch(watcher, run=run, after=2)


async def test_one_connection_follows_so_many_runs_and_no_more(world: Personas) -> None:
    hub = live.quiet_hub()
    async with live.watching(hub, world.alice) as watcher:
        watcher.following = dict.fromkeys(range(MOST_RUNS))  # type: ignore[assignment]  # only counted
        with pytest.raises(TooManyWatched):
            await hub.watch(watcher, run=MOST_RUNS + 1, after=0)
        watcher.following = {}


async def test_reading_goes_on_when_the_database_is_back() -> None:
    answers: list[Exception | str] = [OperationalError("gone"), OperationalError("gone"), "there"]

    async def read() -> str:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    assert await until_it_answers(read, pause=0) == "there"


async def test_hand_written_sql_fails_as_django_says_it(world: Personas) -> None:
    with pytest.raises(DatabaseError):
        await on_thread(database.execute, "SELECT nothing FROM nowhere", [])
    assert await on_thread(database.execute, "SELECT 1", [])


async def test_a_restart_of_the_database_loses_nothing(world: Personas, run: int, is_postgres: bool) -> None:
    if not is_postgres:
        pytest.skip("SQLite has no server")
    hub = Hub(look_every=0.05, check_every=3600)
    async with live.watching(hub, world.alice, run=run) as watcher:
        await live.taken(watcher, 1)
        await sync_to_async(_end_other_connections)()
        await live.commit_later(run, 2)
        assert numbers(await live.taken(watcher, 2)) == [2, 3]


def _end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
