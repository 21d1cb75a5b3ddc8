"""The socket of live pages: what a client sends, gets and is refused. Who may open one: tests/security/test_s09_sockets.py."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from config.addresses import redis_url
from orchestrator.dispatch import Outbox
from orchestrator.hub import hub
from orchestrator.worker.publisher import Publisher
from teams.operations.tokens import create_token
from teams.policy import Permission
from tests import live, servers
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> Iterator[Personas]:
    yield personas()
    live.close_connections()


@pytest.fixture
def run(world: Personas) -> int:
    return live.a_run(world)


@pytest.fixture
def token(world: Personas) -> str:
    return create_token(by=world.alice, name="t", permissions=[Permission.read], expires_at=None, now=NOW).text


@asynccontextmanager
async def opened(token: str) -> AsyncIterator[live.Socket]:
    """A socket of a program."""
    socket = live.Socket(authorization=f"Bearer {token}")
    assert await socket.connect()
    try:
        yield socket
    finally:
        await socket.leave()


async def test_a_socket_follows_runs_from_where_it_says(run: int, token: str) -> None:
    await live.commit_later(run, 3)
    async with opened(token) as socket:
        await socket.send({"run": run, "after": 1})
        assert [one["seq"] for one in await socket.received(3)] == [2, 3, 4]
        await live.commit_later(run)
        await hub.look()
        (found,) = await socket.received(1)
        assert (found["run"], found["seq"]) == (run, 5)
        assert isinstance(found["facts"], list)
    assert hub.watched() == []


async def test_what_a_socket_names_again_comes_again(run: int, token: str) -> None:
    async with opened(token) as socket:
        for _ in range(2):
            await socket.send({"run": run})
            assert [one["seq"] for one in await socket.received(1)] == [1]


async def test_a_socket_may_stop_following(run: int, token: str) -> None:
    async with opened(token) as socket:
        await socket.send({"run": run})
        await socket.received(1)
        await socket.send({"run": run, "stop": True})
        await live.until(lambda: hub.watched() == [])


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "[",
        "[]",
        "7",
        "{}",
        '{"run": "1"}',
        '{"run": 0}',
        '{"run": 1, "after": -1}',
        '{"run": 1, "x": 1}',
        '{"run": 1e400}',
    ],
)
async def test_what_is_no_wish_is_answered_with_what_to_send(sent: str, token: str) -> None:
    async with opened(token) as socket:
        await socket.send(sent)
        (found,) = await socket.received(1)
        assert found["error"]["code"] == "wrong_message"
        assert 'Send {"run": id' in found["error"]["message"]


async def test_bytes_are_no_wish(token: str) -> None:
    async with opened(token) as socket:
        await socket.send_input({"type": "websocket.receive", "bytes": b'{"run": 1}'})
        assert (await socket.received(1))[0]["error"]["code"] == "wrong_message"


async def test_a_refused_wish_names_its_run_and_closes_nothing(run: int, token: str) -> None:
    async with opened(token) as socket:
        await socket.send({"run": run + 1000})
        (refused,) = await socket.received(1)
        assert (refused["run"], refused["error"]["code"]) == (run + 1000, "no_such_run")
        await socket.send({"run": run})
        assert (await socket.received(1))[0]["seq"] == 1


async def test_a_frame_over_64_kib_ends_the_socket(token: str) -> None:
    async with opened(token) as socket:
        await socket.send({"run": 1, "x": "\u00e4" * 32_768})
        assert await socket.refused() == ("frame_too_long", 1009)


async def test_a_socket_that_is_cut_off_leaves_nothing_behind(run: int, token: str) -> None:
    socket = live.Socket(authorization=f"Bearer {token}")
    await socket.connect()
    await socket.send({"run": run})
    await socket.received(1)
    socket.future.cancel()
    await asyncio.wait([socket.future])
    assert hub.watched() == []


async def test_a_restart_of_redis_loses_no_event(
    world: Personas, run: int, token: str, tmp_path: Path, settings: Any
) -> None:
    """Before, while it is away, and after: bells ring again on the new server, and the run is marked again."""
    settings.REDIS_URL = redis_url(tmp_path)
    with servers.sockets(tmp_path):
        async with opened(token) as socket:
            publisher = live.publisher()
            with servers.valkey(tmp_path):
                await socket.send({"run": run})
                await live.until(lambda: live.is_marked(run))
                await live.commit_later(run)
                publisher.flush(0.0)
                assert [one["seq"] for one in await socket.received(2)] == [1, 2]
            await live.commit_later(run)
            publisher.flush(1.0)
            assert publisher.is_away
            await hub.look()
            assert [one["seq"] for one in await socket.received(1)] == [3]
            shutil.rmtree(tmp_path / "broker")
            with servers.valkey(tmp_path):
                await live.until(lambda: live.is_marked(run))
                await live.commit_later(run)
                publisher.flush(2.0)
                assert [one["seq"] for one in await socket.received(1)] == [4]


async def test_a_socket_is_told_when_the_reviews_of_its_team_change(world: Personas, token: str) -> None:
    async with opened(token) as socket:
        await socket.send({"topic": "reviews"})
        outbox = Outbox()
        outbox.changed(f"team:{world.team.pk}:reviews")
        publisher = Publisher(outbox)
        await live.until(hub.heeded)
        await asyncio.to_thread(publisher.flush, 0.0)
        assert await socket.received(1) == [{"topic": "reviews"}]
    assert hub.heeded() == []


@pytest.fixture
def editing(world: Personas) -> str:
    return create_token(by=world.alice, name="t", permissions=[Permission.edit], expires_at=None, now=NOW).text


async def test_who_may_not_see_reviews_is_not_told_of_them(editing: str) -> None:
    async with opened(editing) as socket:
        await socket.send({"topic": "reviews"})
        (found,) = await socket.received(1)
        assert found["error"]["code"] == "not_allowed"
        assert hub.heeded() == []
