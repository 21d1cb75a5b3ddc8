"""S7: what is secret in a tool's call is sent, and stands in no review, no journal, no answer of the API, no event and no log."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from orchestrator.contract.errors import ToolRefused
from orchestrator.contract.policies import checked_arguments
from orchestrator.registry import tool_types
from orchestrator.worker import clients, hiding, io
from teams.models import Connection
from tests import runs
from tests.api import Api, owner
from tests.fakes.web import Asked, LocalServer
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.store]
CANARY = "canary-Zq81-nobody-may-read-this"
TYPED = "typed-Xk42-by-its-author"
NOT_SEARCHED = {"Version", "Secret"}
"""A version has what its author wrote; secrets are sealed (test_s07_secrets)."""
HTTP = tool_types()["http_request"]


@pytest.fixture
def server(settings: Any) -> Iterator[LocalServer]:
    """A web API that repeats what it is sent; the operator trusts it."""

    def repeat(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        said = {"seen": asked.headers.get("authorization", "") + asked.headers.get("x-api-key", "")}
        return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()

    with LocalServer(answers={"/pay": repeat}) as found:
        settings.BATON_TRUSTED_HOSTS = [f"127.0.0.1:{found.port}"]
        _forget_clients()
        yield found
    _forget_clients()


@pytest.fixture(autouse=True)
def _no_session_is_left() -> Iterator[None]:
    """The thread that read a connection has one of its own to the database."""

    def close() -> None:
        connection.close()

    yield
    io.submit(lambda: asyncio.to_thread(close)).result(10)


def _forget_clients() -> None:
    clients.http.cache_clear()
    clients.transport.cache_clear()


@pytest.fixture
def people() -> tuple[Personas, Api]:
    return owner()


def connect(api: Api, server: LocalServer, **settings: Any) -> None:
    form = {"name": "Shop", "provider": "web", "settings": {"address": server.url(""), **settings}}
    api.post("connections", {**form, "secrets": {"secret": CANARY}})
    assert api.status == 201, api.answer.content


def asking(people: tuple[Personas, Api], **arguments: Any) -> tuple[int, dict[str, Any]]:
    """A run whose call waits for people, and its review."""
    who, api = people
    config = {"tool": "http_request", "arguments": {"method": "POST", **arguments}, "policy": {"policy": "ask"}}
    version = runs.a_version({"nodes": {"pay": {"type": "tool", "config": config}}, "edges": []}, team=who.team)
    run = api.post("runs", {"version": version.pk})["id"]
    runs.work(run)
    return run, api.get(f"reviews/{api.get('reviews', run=run)['items'][0]['id']}")


def everything_about(run: int, review: int, api: Api) -> str:
    """Every row of every table, and what the API says."""
    rows: list[Any] = []
    for model in apps.get_models():
        if model.__name__ not in NOT_SEARCHED:
            manager: Any = getattr(model, "unscoped", None) or model._default_manager
            rows += [list(row.items()) for row in manager.values()]
    said = [api.get(f"runs/{run}"), api.get(f"runs/{run}/step", path="pay"), api.get(f"runs/{run}/events")]
    return str(rows) + json.dumps([*said, api.get(f"reviews/{review}"), api.get("reviews"), api.get("connections")])


def logged(records: Sequence[logging.LogRecord]) -> str:
    return "".join(f"{record.getMessage()} {vars(record)}" for record in records)


@pytest.mark.django_db(transaction=True)
def test_a_connections_secret_is_sent_and_stands_nowhere(
    people: tuple[Personas, Api], server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, api = people
    connect(api, server)
    run, review = asking(people, url=server.url("/pay"), connection="Shop", body={"amount": 5})
    assert review["editable"]["connection"] == "Shop"
    api.post(f"reviews/{review['id']}/decide", {"verdict": "approved"})
    runs.work(run)
    assert runs.status(run) == "succeeded"
    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in everything_about(run, review["id"], api) + logged(caplog.records)
    assert runs.output(run, "pay")["result"]["body"] == {"seen": "Bearer [hidden]"}


def test_a_header_that_its_author_typed_is_sent_and_shown_to_nobody(
    people: tuple[Personas, Api], server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, api = people
    server.page("/plain", b"done")
    headers = {"Authorization": f"Bearer {TYPED}", "X-Api-Key": TYPED, "Cookie": f"s={TYPED}", "Accept": "text/plain"}
    run, review = asking(people, url=server.url("/plain"), headers=headers)
    hidden = {"Authorization": "[hidden]", "X-Api-Key": "[hidden]", "Cookie": "[hidden]", "Accept": "text/plain"}
    assert review["editable"]["headers"] == review["subject"]["arguments"]["headers"] == hidden
    edited = {**review["editable"], "body": "more"}
    api.post(f"reviews/{review['id']}/decide", {"verdict": "edited", "value": edited})
    runs.work(run)
    assert runs.status(run) == "succeeded"
    sent = server.asked[0]
    assert (sent.headers["authorization"], sent.headers["x-api-key"], sent.body) == (f"Bearer {TYPED}", TYPED, b"more")
    assert sent.headers["cookie"] == f"s={TYPED}"
    assert TYPED not in everything_about(run, review["id"], api) + logged(caplog.records)


@pytest.mark.django_db(transaction=True)
def test_a_secret_goes_to_its_own_address_alone(people: tuple[Personas, Api], server: LocalServer) -> None:
    _, api = people
    connect(api, server)
    with LocalServer() as other:
        run, review = asking(people, url=other.url("/pay"), connection="Shop")
        api.post(f"reviews/{review['id']}/decide", {"verdict": "approved"})
        runs.work(run)
        assert not other.asked
    assert runs.status(run) == "failed"
    assert "alone" in (runs.step(run, "pay").error or "")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_not_there_or_another_teams_is_refused(people: tuple[Personas, Api]) -> None:
    who, _ = people
    Connection.objects.create(
        team=who.other_team, name="Shop", provider="web", settings={"address": "https://a.example"}
    )
    run, review = asking(people, url="https://a.example/pay", connection="Shop")
    people[1].post(f"reviews/{review['id']}/decide", {"verdict": "approved"})
    runs.work(run)
    assert "There is no connection 'Shop'" in (runs.step(run, "pay").error or "")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"settings": {"address": "https://a.example/path"}, "secrets": {"secret": "x" * 9}}, "without a path"),
        ({"settings": {}, "secrets": {"secret": "x" * 9}}, "address"),
        ({"settings": {"address": "https://a.example"}}, "the secret 'secret' is missing"),
        (
            {"settings": {"address": "https://a.example"}, "secrets": {"secret": "x" * 9}, "aliases": {"fast": "a"}},
            "no models",
        ),
    ],
)
def test_a_wrong_connection_says_what_is_wrong(people: tuple[Personas, Api], form: dict[str, Any], words: str) -> None:
    _, api = people
    told = api.post("connections", {"name": "Shop", "provider": "web", **form})
    assert api.status in (400, 422)
    assert words in json.dumps(told)


def test_what_was_hidden_cannot_be_moved() -> None:
    arguments = checked_arguments(HTTP, {"url": "https://a.example", "headers": {"X-Token": TYPED}})
    shown, real = hiding.shown_arguments(HTTP, arguments), hiding.real_arguments(arguments)
    assert hiding.restored(shown, shown=shown, real=real) == real
    replaced = hiding.restored({**shown, "headers": {"X-Token": "new"}}, shown=shown, real=real)
    assert replaced["headers"] == {"X-Token": "new"}
    for edited in ({**shown, "body": "[hidden]"}, {**shown, "headers": {"X-Other": "[hidden]"}}):
        with pytest.raises(ToolRefused, match="moved or changed in part"):
            hiding.restored(edited, shown=shown, real=real)


@pytest.mark.parametrize(
    "name",
    ["authorization", "Proxy-Auth", "Cookie", "X-API-Key", "apikey", "X-Auth-Token", "X-Hub-Signature", "Password"],
)
def test_headers_that_carry_credentials_are_known_by_their_names(name: str) -> None:
    arguments = checked_arguments(HTTP, {"url": "https://a.example", "headers": {name: TYPED, "Accept": "a/b"}})
    assert hiding.shown_arguments(HTTP, arguments)["headers"] == {name: "[hidden]", "Accept": "a/b"}
