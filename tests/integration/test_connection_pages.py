"""The settings of connections in a browser's words: who may see them, adding, testing, models, keys that nobody sees again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from orchestrator.contract.errors import WrongCredentials
from orchestrator.models import Breaker, Limit, Offer
from orchestrator.operations import linking, offers
from orchestrator.queries.needs import needs_of_team
from orchestrator.queries.routes import NoSuchModel, route
from orchestrator.worker import clients
from teams.callers import Caller
from teams.keys import secrets_of
from teams.models import AuditEntry, Connection, Member, User
from teams.operations.connections import ConnectionForm
from teams.policy import ALLOWED, Action, Role
from tests import runs
from tests.model_server.checking import Server
from tests.personas import NOW, Personas, personas

pytestmark = [pytest.mark.django_db]
CANARY = "canary-Wt93-nobody-may-read-this"
LIST = "/settings/connections/"


@pytest.fixture
def who() -> Personas:
    return personas()


@pytest.fixture
def alice(who: Personas) -> Client:
    return signed_in(who.alice)


@pytest.fixture
def models(settings: Any) -> Iterator[Server]:
    """A local server of models that the operator trusts."""
    server = Server()
    settings.BATON_TRUSTED_HOSTS = [server.url.removeprefix("http://")]
    clients.transport.cache_clear()
    yield server
    server.stop()
    clients.transport.cache_clear()


def signed_in(by: Caller) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=by.user_id or 0), "django.contrib.auth.backends.ModelBackend")
    return client


def text_of(answer: HttpResponseBase) -> str:
    return " ".join(b"".join(answer).decode().split())


def linked(who: Personas, **more: Any) -> Connection:
    """A connection to a vendor, whose key is the canary."""
    given = {"name": "Vendor-line", "provider": "anthropic", "secrets": {"api_key": CANARY}, **more}
    return linking.create(by=who.alice, form=ConnectionForm(**given), now=NOW)


def add(client: Client, server: str, **more: str) -> HttpResponseBase:
    given = {"name": "Local", "settings.base_url": f"{server}/v1", "settings.native_schemas": "on", **more}
    return client.post(f"{LIST}add/openai_chat/", {"secret-api_key": CANARY, **given})


def test_without_connections_the_page_says_that_the_demo_model_answers(alice: Client) -> None:
    text = text_of(alice.get(LIST))
    assert "The demo model answers" in text
    assert "no language model" in text
    assert f'href="{LIST}add/"' in text


def test_who_may_not_is_told_whom_to_ask(who: Personas) -> None:
    row = linked(who)
    places = (LIST, f"{LIST}add/", f"{LIST}add/anthropic/", f"{LIST}{row.pk}/")
    for role in Role:
        Member.objects.of(who.team).filter(pk=who.bob.member_id or 0).update(role=role)
        client = signed_in(who.bob)
        for place in places:
            answer = client.get(place)
            if Action.edit_connection in ALLOWED[role]:
                assert answer.status_code == 200, (role, place)
            else:
                assert answer.status_code == 403, (role, place)
                assert "Alice" in text_of(answer)
                assert "Vendor-line" not in text_of(answer)


def test_who_may_not_changes_nothing(who: Personas) -> None:
    row = linked(who)
    client = signed_in(who.bob)
    for verb in ("test", "models", "limits", "settings", "key", "default", "delete"):
        assert client.post(f"{LIST}{row.pk}/{verb}/", {}).status_code == 403
    assert client.post(f"{LIST}add/demo/", {"name": "Mine"}).status_code == 403
    assert Connection.objects.of(who.team).count() == 1


def test_another_teams_connection_is_not_there(who: Personas) -> None:
    row = linked(who)
    client = signed_in(who.charlie)
    assert client.get(f"{LIST}{row.pk}/").status_code == 404
    for verb in ("test", "models", "limits", "settings", "key", "default", "delete"):
        assert client.post(f"{LIST}{row.pk}/{verb}/", {}).status_code == 404
    assert "Vendor-line" not in text_of(client.get(LIST))


def test_every_provider_has_a_form_with_help_at_every_field(alice: Client) -> None:
    for provider in ("anthropic", "openai", "openai_chat", "web"):
        text = text_of(alice.get(f"{LIST}add/{provider}/"))
        fields = text.count('<div class="field')
        assert fields >= 2
        assert text.count('<p class="help"') == fields, provider
    assert alice.get(f"{LIST}add/nothing/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_is_added_is_tested_at_once_and_maps_aliases(who: Personas, alice: Client, models: Server) -> None:
    answer = add(alice, models.url)
    row = Connection.objects.of(who.team).get()
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{row.pk}/")
    assert secrets_of(row) == {"api_key": CANARY}
    offer = Offer.objects.of(who.team).get()
    known = [one["name"] for one in offer.found]
    assert known
    assert "The connection works" in text_of(alice.get(f"{LIST}{row.pk}/"))
    given = {"models": known[:1], "fast": known[0], "strong": "", "default": "one-that-is-not-listed"}
    assert alice.post(f"{LIST}{row.pk}/models/", given).status_code == 302
    assert route(team=who.team.pk, model="fast").model == known[0]
    assert route(team=who.team.pk, model="default").model == "one-that-is-not-listed"
    assert route(team=who.team.pk, model="strong").provider == "demo"
    text = text_of(alice.get(LIST))
    assert known[0] in text
    assert "demo model, not a language model" in text
    assert CANARY not in text


@pytest.mark.django_db(transaction=True)
def test_a_test_that_fails_says_why_and_never_the_key(who: Personas, alice: Client, models: Server) -> None:
    address = models.url
    models.stop()
    page = alice.get(add(alice, address)["Location"])
    text = text_of(page)
    assert "The last test failed" in text
    assert CANARY not in text
    assert "Test failed" in text_of(alice.get(LIST))


def test_what_a_provider_says_is_cleaned_of_the_key(
    who: Personas, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = linked(who)

    def refuse(_route: object) -> None:
        secrets_of(row)
        raise WrongCredentials(f"401: {CANARY} is no key")

    monkeypatch.setattr(clients, "provider", refuse)
    assert alice.post(f"{LIST}{row.pk}/test/").status_code == 302
    assert CANARY not in Offer.objects.of(who.team).get().problem
    text = text_of(alice.get(f"{LIST}{row.pk}/"))
    assert "401: [hidden] is no key" in text
    assert CANARY not in text + text_of(alice.get(LIST))


def test_no_answer_repeats_a_key_that_was_typed(who: Personas, alice: Client) -> None:
    row = linked(who)
    typed = {"secret-api_key": CANARY}
    answers = [
        alice.post(f"{LIST}add/anthropic/", {"name": "", **typed}),
        alice.post(f"{LIST}add/anthropic/", {"name": "Vendor-line", **typed}),
        alice.post(f"{LIST}add/openai_chat/", {"name": "x", "settings.base_url": "no address", **typed}),
        alice.post(f"{LIST}{row.pk}/settings/", {"name": "", **typed}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert CANARY not in text_of(answer)
    alice.post(f"{LIST}{row.pk}/key/", {"secret-api_key": CANARY})
    for place in (LIST, f"{LIST}{row.pk}/", "/settings/audit/"):
        assert CANARY not in text_of(alice.get(place))
    assert CANARY not in str([entry.data for entry in AuditEntry.objects.of(who.team.pk)])


def test_a_key_is_replaced_and_may_not_be_empty(who: Personas, alice: Client) -> None:
    row = linked(who)
    assert alice.post(f"{LIST}{row.pk}/key/", {"secret-api_key": "another-key"}).status_code == 302
    assert secrets_of(row) == {"api_key": "another-key"}
    answer = alice.post(f"{LIST}{row.pk}/key/", {"secret-api_key": ""})
    assert answer.status_code == 422
    assert 'id="key_secret-api_key_error"' in text_of(answer)
    assert secrets_of(row) == {"api_key": "another-key"}


def test_a_new_name_needs_no_key_and_a_new_address_does(who: Personas, alice: Client) -> None:
    row = linked(who, provider="openai_chat", settings={"base_url": "https://a.example/v1"})
    given = {"settings.base_url": "https://a.example/v1", "settings.native_schemas": "on"}
    assert alice.post(f"{LIST}{row.pk}/settings/", {"name": "Renamed", **given}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.settings) == ("Renamed", {"base_url": "https://a.example/v1"})
    moved = {"name": "Renamed", **given, "settings.base_url": "https://b.example/v1"}
    answer = alice.post(f"{LIST}{row.pk}/settings/", moved)
    assert answer.status_code == 422
    assert "Type the secrets again" in text_of(answer)
    assert alice.post(f"{LIST}{row.pk}/settings/", {**moved, "secret-api_key": "new"}).status_code == 302
    assert secrets_of(row) == {"api_key": "new"}


def test_limits_of_a_connection_are_what_its_calls_take_from(who: Personas, alice: Client) -> None:
    row = linked(who)
    given = {"max_concurrency": "3", "requests_per_minute": "", "tokens_per_minute": "90000"}
    assert alice.post(f"{LIST}{row.pk}/limits/", given).status_code == 302
    limit = Limit.objects.of(who.team).get(subject=f"connection:{row.pk}")
    assert (limit.capacity, limit.per_minute, limit.tokens_per_minute) == (3, None, 90000)
    answer = alice.post(f"{LIST}{row.pk}/limits/", {**given, "max_concurrency": "0"})
    assert answer.status_code == 422
    assert 'id="id_max_concurrency_error"' in text_of(answer)


def test_a_web_connection_is_added_without_a_test(who: Personas, alice: Client) -> None:
    given = {"name": "Shop", "settings.address": "https://a.example/path", "secret-secret": CANARY}
    given |= {"settings.header": "Authorization", "settings.prefix": "Bearer "}
    answer = alice.post(f"{LIST}add/web/", given)
    assert answer.status_code == 422
    assert "without a path" in text_of(answer)
    answer = alice.post(f"{LIST}add/web/", {**given, "settings.address": "https://a.example"})
    row = Connection.objects.of(who.team).get()
    assert row.settings == {"address": "https://a.example", "header": "Authorization", "prefix": "Bearer "}
    text = text_of(alice.get(answer["Location"]))
    assert "Aliases" not in text
    assert ">Test<" not in text


def test_a_web_connection_is_no_model(who: Personas) -> None:
    linked(who, name="Shop", provider="web", settings={"address": "https://a.example"}, secrets={"secret": "x"})
    with pytest.raises(NoSuchModel, match="holds a secret for tools and has no models"):
        route(team=who.team.pk, model="web/x")
    with pytest.raises(NoSuchModel, match="no provider of models 'elsewhere'"):
        route(team=who.team.pk, model="elsewhere/x")
    assert route(team=who.team.pk, model="default").provider == "demo"


def test_an_alias_that_only_a_web_connection_maps_is_the_demo_models(who: Personas) -> None:
    row = linked(who, name="Shop", provider="web", settings={"address": "https://a.example"}, secrets={"secret": "x"})
    Connection.objects.of(who.team).filter(pk=row.pk).update(aliases={"default": "x"})
    assert route(team=who.team.pk, model="default").provider == "demo"


def test_who_uses_a_connection_is_named_before_it_is_deleted(who: Personas, alice: Client) -> None:
    row = linked(who)
    shop = linked(who, name="Shop", provider="web", settings={"address": "https://a.example"}, secrets={"secret": "x"})
    prompt = {"type": "prompt", "config": {"prompt": "Hello"}}
    call = {
        "type": "tool",
        "config": {"tool": "http_request", "arguments": {"url": "https://a.example", "connection": "Shop"}},
    }
    inner = {"type": "map", "config": {"items": "{{ inputs.list }}"}, "body": {"nodes": {"ask": prompt}, "edges": []}}
    asking = runs.a_version({"nodes": {"all": inner}, "edges": []}, team=who.team).workflow.name
    calling = runs.a_version({"nodes": {"call": call}, "edges": []}, team=who.team).workflow.name
    idle = runs.a_version(
        {"nodes": {"cut": {"type": "transform", "config": {"query": "a"}}}, "edges": []}, team=who.team
    )
    found = {one.name: (one.models, one.connections) for one in needs_of_team(team=who.team.pk)}
    assert found == {
        asking: ({"default"}, frozenset()),
        calling: (frozenset(), {"Shop"}),
        idle.workflow.name: (frozenset(), frozenset()),
    }
    assert f"<li>{asking}</li>" in text_of(alice.get(f"{LIST}{row.pk}/"))
    assert f"<li>{calling}</li>" in text_of(alice.get(f"{LIST}{shop.pk}/"))
    assert alice.post(f"{LIST}{row.pk}/delete/").status_code == 302
    assert not Connection.objects.of(who.team).filter(pk=row.pk).exists()
    assert asking in text_of(alice.get(LIST))


def test_a_connection_that_rests_says_so(who: Personas, alice: Client) -> None:
    row = linked(who)
    Breaker.unscoped.create(connection=row, state="open", failures=12, due_at=4_000_000_000)
    assert "Resting" in text_of(alice.get(LIST))
    assert "12 calls failed in a row" in text_of(alice.get(f"{LIST}{row.pk}/"))


def test_the_default_connection_decides_first(who: Personas, alice: Client) -> None:
    linked(who)
    other = linked(who, name="Other", provider="openai")
    assert route(team=who.team.pk, model="fast").provider == "anthropic"
    assert alice.post(f"{LIST}{other.pk}/default/").status_code == 302
    assert route(team=who.team.pk, model="fast").provider == "openai"


def test_models_with_known_prices_show_them_and_others_say_that_they_are_unknown(who: Personas, alice: Client) -> None:
    row = linked(who)
    aliases = {"fast": "claude-sonnet-4-5", "strong": "nobody-knows-this"}
    offers.choose(by=who.alice, connection_id=row.pk, models=["claude-sonnet-4-5"], aliases=aliases, now=NOW)
    text = text_of(alice.get(f"{LIST}{row.pk}/"))
    assert "$3.00" in text
    assert "$15.00" in text
    assert "price unknown" in text


@pytest.mark.parametrize("name", ["two words", "x" * 201])
def test_a_name_that_no_model_has_is_refused_in_place(who: Personas, alice: Client, name: str) -> None:
    row = linked(who)
    answer = alice.post(f"{LIST}{row.pk}/models/", {"fast": name})
    assert answer.status_code == 422
    assert Connection.objects.of(who.team).get().aliases["fast"] != name


def test_the_list_asks_the_database_little(who: Personas, alice: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(8):
        linked(who, name=f"c{number}")
        runs.a_version({"nodes": {"ask": {"type": "prompt", "config": {"prompt": "x"}}}, "edges": []}, team=who.team)
    with django_assert_max_num_queries(16):
        alice.get(LIST)
