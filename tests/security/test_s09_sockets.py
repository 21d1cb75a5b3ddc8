"""S9: a socket is opened by our own pages or by a token, shows only the team's runs, and ends with the membership."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as present
from django.test import Client

from config.web import FRAME_BYTES, configuration
from orchestrator.consumers import LONGEST_FRAME
from orchestrator.hub import Hub, hub
from orchestrator.hub.live import CHECK_EVERY
from teams.models import User
from teams.operations.members import remove_member
from teams.operations.tokens import create_token, revoke_token
from teams.policy import Permission
from tests import live
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db(transaction=True)]

OURS = "http://localhost"


@pytest.fixture
def world(transactional_db: None) -> Iterator[Personas]:
    yield personas()
    live.close_connections()


@pytest.fixture
def run(world: Personas) -> int:
    return live.a_run(world)


def cookie(name: str) -> str:
    """The cookie of somebody's browser."""
    client = Client()
    client.force_login(
        User.objects.get(email=f"{name}@example.org"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return f"{present.SESSION_COOKIE_NAME}={client.cookies[present.SESSION_COOKIE_NAME].value}"


cookie_of = sync_to_async(cookie)


async def first_answer(client: live.Socket, run: int) -> Any:
    """What an accepted client that names a run gets first."""
    assert await client.connect()
    await client.send({"run": run})
    (found,) = await client.received(1)
    return found


async def test_a_page_of_ours_follows_a_run_of_its_team(world: Personas, run: int) -> None:
    client = live.Socket(origin=OURS, cookie=await cookie_of("alice"))
    assert (await first_answer(client, run))["seq"] == 1
    await client.leave()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:81",
        "http://localhost.evil.example",
        "null",
        "",
        "file://",
        "http://localhost@evil",
    ],
)
async def test_a_page_of_another_origin_opens_no_socket(world: Personas, origin: str) -> None:
    client = live.Socket(origin=origin, cookie=await cookie_of("alice"))
    assert not await client.connect()


async def test_a_cookie_without_an_origin_opens_no_socket(world: Personas) -> None:
    assert not await live.Socket(cookie=await cookie_of("alice")).connect()


async def test_a_page_of_another_origin_opens_no_socket_with_a_token_either(world: Personas) -> None:
    assert not await live.Socket(origin="https://evil.example", authorization="Bearer x").connect()


async def test_a_host_that_is_not_ours_serves_no_socket(world: Personas) -> None:
    client = live.Socket(host="evil.example", origin="http://evil.example", cookie=await cookie_of("alice"))
    assert not await client.connect()


async def test_behind_https_an_unsafe_page_opens_no_socket(world: Personas, settings: object) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]
    settings.CSRF_TRUSTED_ORIGINS = ["https://baton.example"]  # type: ignore[attr-defined]
    alice = await cookie_of("alice")
    assert not await live.Socket(origin="http://localhost", cookie=alice).connect()
    for origin in ("https://localhost", "https://baton.example"):
        client = live.Socket(origin=origin, cookie=alice)
        assert await client.connect()
        await client.leave()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": OURS},
        {"origin": OURS, "cookie": f"{present.SESSION_COOKIE_NAME}=nothing"},
        {"authorization": "Bearer baton_aaaaaaaa_nothing"},
        {"authorization": "Basic YTpi"},
    ],
)
async def test_who_is_not_known_is_told_so_and_sent_away(world: Personas, headers: dict[str, str]) -> None:
    client = live.Socket(**headers)
    await client.connect()
    assert await client.refused() in [("not_signed_in", 4401), ("wrong_token", 4401)]
    await client.send({"run": 1})
    assert await client.receive_nothing()


async def test_a_wrong_token_never_falls_back_to_the_cookie(world: Personas) -> None:
    client = live.Socket(origin=OURS, cookie=await cookie_of("alice"), authorization="Bearer baton_aaaaaaaa_nothing")
    await client.connect()
    assert await client.refused() == ("wrong_token", 4401)


async def test_a_token_in_the_address_counts_nothing(world: Personas) -> None:
    made = await sync_to_async(_token)(world)
    client = live.Socket(query=f"token={made.text}")
    assert not await client.connect()


async def test_a_run_of_another_team_does_not_exist(world: Personas, run: int) -> None:
    client = live.Socket(origin=OURS, cookie=await cookie_of("charlie"))
    found = await first_answer(client, run)
    assert found == {
        "run": run,
        "error": {
            "code": "no_such_run",
            "message": f"There is no run {run} in this team. List the runs to find its id.",
        },
    }
    await client.leave()


async def test_a_socket_ends_with_the_membership(world: Personas, run: int) -> None:
    client = live.Socket(origin=OURS, cookie=await cookie_of("bob"))
    other = live.Socket(origin=OURS, cookie=await cookie_of("alice"))
    for one in (client, other):
        await first_answer(one, run)
    await sync_to_async(remove_member)(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    await hub.tick(NOW)
    assert await client.refused() == ("membership_changed", 4403)
    await client.leave()
    await live.commit_later(run)
    await hub.look()
    assert (await other.received(1))[0]["seq"] == 2
    await other.leave()


async def test_a_socket_that_hears_of_reviews_ends_with_the_membership_too(world: Personas) -> None:
    client = live.Socket(origin=OURS, cookie=await cookie_of("bob"))
    assert await client.connect()
    await client.send({"topic": "reviews"})
    assert await client.received(1) == [{"topic": "reviews"}], "once, when the doorbells are connected"
    await sync_to_async(remove_member)(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
    await hub.tick(NOW)
    assert await client.refused() == ("membership_changed", 4403)
    await client.leave()
    assert hub.heeded() == []


async def test_memberships_are_looked_at_without_being_told_to(world: Personas, run: int) -> None:
    often = Hub(look_every=3600, check_every=0.01)
    async with live.watching(often, world.bob, run=run, after=1) as watcher:
        await sync_to_async(remove_member)(by=world.alice, member_id=world.bob.member_id or 0, now=NOW)
        assert (await live.one_taken(watcher))["error"]["code"] == "membership_changed"


async def test_a_socket_ends_with_its_token(world: Personas, run: int) -> None:
    made = await sync_to_async(_token)(world)
    client = live.Socket(authorization=f"Bearer {made.text}")
    await first_answer(client, run)
    await sync_to_async(revoke_token)(by=world.alice, token_id=made.id, now=NOW)
    await hub.tick(NOW)
    assert await client.refused() == ("membership_changed", 4403)
    await client.leave()


def test_memberships_are_looked_at_often_enough_and_frames_are_bounded_by_the_server_too() -> None:
    assert CHECK_EVERY <= 30
    assert configuration().ws_max_size == FRAME_BYTES == LONGEST_FRAME == 65_536


def _token(world: Personas):
    return create_token(by=world.alice, name="t", permissions=[Permission.read], expires_at=None, now=NOW)
