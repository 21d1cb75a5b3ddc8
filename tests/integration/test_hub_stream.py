"""Server-sent events of a run: the same objects as on the socket and in the REST API, over plain HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from config.asgi import application
from orchestrator.hub import hub
from teams.operations.members import remove_member
from teams.operations.tokens import create_token
from teams.policy import Permission
from tests import live
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> Iterator[Personas]:
    yield personas()
    live.close_connections()


@pytest.fixture
def run(world: Personas) -> int:
    return live.a_run(world)


class Stream:
    """A client that reads a stream."""

    def __init__(self, run: int, token: str = "", *, query: str = "", **headers: str) -> None:
        self.text = ""
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        given += [(b"host", b"localhost"), *([(b"authorization", f"Bearer {token}".encode())] if token else [])]
        path = f"/api/v1/runs/{run}/stream"
        scope = {"type": "http", "method": "GET", "path": path, "headers": given, "query_string": query.encode()}
        self.client = ApplicationCommunicator(application, {**scope, "http_version": "1.1", "scheme": "http"})

    async def open(self) -> tuple[int, dict[str, str]]:
        await self.client.send_input({"type": "http.request", "body": b""})
        start = await self.client.receive_output(timeout=10)
        return start["status"], {name.decode().lower(): value.decode() for name, value in start["headers"]}

    async def next(self) -> str:
        """The next event's text; comments are passed over."""
        while True:
            head, found, rest = self.text.partition("\n\n")
            if found:
                self.text = rest
                if not head.startswith(":"):
                    return head
            else:
                self.text += (await self.client.receive_output(timeout=10))["body"].decode()

    async def leave(self) -> None:
        await self.client.send_input({"type": "http.disconnect"})
        await self.client.wait(timeout=5)


def token_of(world: Personas, name: str = "alice") -> str:
    by = getattr(world, name)
    return create_token(by=by, name="t", permissions=[Permission.read], expires_at=None, now=NOW).text


@pytest.fixture
def token(world: Personas) -> str:
    return token_of(world)


def listed(run: int, token: str) -> list[Any]:
    found: list[Any] = (
        Client().get(f"/api/v1/runs/{run}/events", headers={"authorization": f"Bearer {token}"}).json()["events"]
    )
    return found


async def test_a_stream_gives_what_the_rest_api_gives(run: int, token: str) -> None:
    await live.commit_later(run, 2)
    stream = Stream(run, token)
    status, headers = await stream.open()
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/event-stream", "no-store")
    found = [(await stream.next()).split("\n") for _ in range(3)]
    await stream.leave()
    assert [head for head, _ in found] == ["id: 1", "id: 2", "id: 3"]
    assert [json.loads(data.removeprefix("data: ")) for _, data in found] == await sync_to_async(listed)(run, token)


async def test_it_goes_on_with_what_happens(run: int, token: str) -> None:
    stream = Stream(run, token, query="after=1")
    await stream.open()
    await live.until(lambda: hub.watched() == [run])
    await live.commit_later(run)
    await hub.look()
    assert (await stream.next()).startswith("id: 2\n")
    await stream.leave()
    assert hub.watched() == []


async def test_the_last_event_id_of_a_client_that_was_cut_off_wins(run: int, token: str) -> None:
    await live.commit_later(run, 3)
    stream = Stream(run, token, query="after=0", last_event_id="3")
    await stream.open()
    assert (await stream.next()).startswith("id: 4\n")
    await stream.leave()


async def test_tokens_have_a_name_and_no_id(run: int, token: str) -> None:
    stream = Stream(run, token, query="after=1")
    await stream.open()
    await live.until(lambda: hub.watched() == [run])
    hub._pass_on(run, [{"step": "a", "tokens": "x\ny"}])
    name, data = (await stream.next()).split("\n")
    assert (name, json.loads(data[6:])["tokens"][0]["tokens"]) == ("event: tokens", "x\ny")
    await stream.leave()


async def test_a_stream_ends_when_its_client_must_refetch(run: int, token: str) -> None:
    stream = Stream(run, token, query="after=1")
    await stream.open()
    await live.until(lambda: hub.watched() == [run])
    (watcher,) = hub._watchers
    watcher.queue._most_characters = 0
    await live.until(lambda: hub._topics[run]._followers)
    await live.commit_later(run)
    await hub.look()
    assert await stream.next() == f'event: refetch\ndata: {{"run":{run},"refetch":1}}'
    await stream.client.wait(timeout=5)
    assert hub.watched() == []


async def test_a_stream_ends_for_who_is_no_longer_in_the_team(world: Personas, run: int) -> None:
    stream = Stream(run, await sync_to_async(token_of)(world, "bob"), query="after=1")
    await stream.open()
    await live.until(lambda: hub.watched() == [run])
    await sync_to_async(remove_member)(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    await hub.tick(NOW)
    assert "membership_changed" in await stream.next()
    await stream.client.wait(timeout=5)


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "2147483648", "\u0663", "9" * 5000])
async def test_a_number_that_is_none_is_refused(run: int, token: str, after: str) -> None:
    stream = Stream(run, token, last_event_id=after)
    status, headers = await stream.open()
    assert (status, headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(("who", "status"), [("", 401), ("charlie", 404)])
async def test_strangers_get_no_stream(world: Personas, run: int, who: str, status: int) -> None:
    stream = Stream(run, await sync_to_async(token_of)(world, who) if who else "")
    assert (await stream.open())[0] == status
    assert hub.watched() == []


async def test_a_number_that_the_run_has_not_reached_is_refused(run: int, token: str) -> None:
    stream = Stream(run, token, query="after=2")
    assert (await stream.open())[0] == 422
    assert "event_not_yet_there" in (await stream.client.receive_output(timeout=5))["body"].decode()
