"""Following a run over the API: what is decided, what is left, which exit code comes of it, and what errors look like."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from click.testing import CliRunner

from config.cli.client import Client, NoServer, ServerRefused
from config.cli.follow import Follow
from config.cli.main import main
from orchestrator.engine.values import Json, JsonObject
from tests.fakes.api_server import Answer, ApiServer, api_server

RUN = "/api/v1/runs/7"
EVENTS = f"GET {RUN}/events?after=0"
STEP: JsonObject = {"path": "a", "type": "noop", "status": "succeeded", "started_at": None, "finished_at": None}
REVIEW: JsonObject = {"id": 3, "kind": "output", "path": "a", "choices": {}, "status": "open", "may_decide": True}
WORKFLOW = "schema: 1\nname: One\nnodes: {a: {type: noop}}\nedges: []\noutput: {}\n"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as found:
        yield found


def client(server: ApiServer) -> Client:
    return Client(address=server.address, token="secret")


def follow(server: ApiServer, approve: str = "all") -> JsonObject:
    return Follow(client=client(server), approve=approve, as_json=True, answers={}).to_the_end(7)


def status(server: ApiServer, *names: str) -> None:
    server.on(EVENTS, *(Answer(body={"status": name, "events": []}) for name in names))


def whole(server: ApiServer, status: str, **more: Json) -> None:
    body = {"status": status, "output": None, "cost": 0.5, "error": None, "next_steps": None}
    server.on(f"GET {RUN}", Answer(body={**body, "steps": [{**STEP, "cost": 0, "title": "A"}], **more}))


def open_reviews(server: ApiServer, *pages: int) -> None:
    one = {"id": 3, "url": "http://b.example/reviews/3"}
    server.on("GET /api/v1/reviews?run=7", *(Answer(body={"items": [one] * count}) for count in pages))


def test_the_result_has_the_steps_fields_and_no_others(server: ApiServer) -> None:
    status(server, "running", "succeeded")
    whole(server, "succeeded", output={"x": 1})
    assert follow(server) == {
        "status": "succeeded",
        "output": {"x": 1},
        "cost": 0.5,
        "steps": [{**STEP, "cost": 0}],
        "run": 7,
        "error": None,
    }


def test_steps_beyond_the_first_page_are_in_the_result(server: ApiServer) -> None:
    status(server, "succeeded")
    whole(server, "succeeded", next_steps=500)
    more = [{**STEP, "path": "b", "cost": 0}]
    server.on(f"GET {RUN}/steps?after=500", Answer(body={"items": more, "next": 900}))
    server.on(f"GET {RUN}/steps?after=900", Answer(body={"items": [{**STEP, "path": "c", "cost": 0}], "next": None}))
    assert [step["path"] for step in follow(server)["steps"]] == ["a", "b", "c"]


def test_a_review_is_decided_once_under_a_key(server: ApiServer) -> None:
    status(server, "waiting", "running", "succeeded")
    whole(server, "succeeded")
    open_reviews(server, 1)
    server.on("GET /api/v1/reviews/3", Answer(body=REVIEW), Answer(body={**REVIEW, "status": "closed"}))
    server.on("POST /api/v1/reviews/3/decide", Answer(body={}))
    assert follow(server)["status"] == "succeeded"
    decided = server.sent("POST /api/v1/reviews/3/decide")
    assert decided == [{"verdict": "approved", "value": None, "comment": "", "source": "cli"}]
    (headers,) = [headers for name, headers, _ in server.asked if name == "POST /api/v1/reviews/3/decide"]
    assert len(headers["Idempotency-Key"]) == 32
    assert headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    "more", [{"kind": "budget"}, {"kind": "incident"}, {"kind": "input"}, {"may_decide": False}], ids=str
)
def test_what_may_not_be_decided_here_ends_with_its_address(server: ApiServer, more: Mapping[str, Json]) -> None:
    status(server, "waiting")
    whole(server, "waiting")
    open_reviews(server, 1)
    server.on("GET /api/v1/reviews/3", Answer(body={**REVIEW, **more}))
    found = follow(server)
    assert found["status"] == "waiting"
    assert found["reviews"] == ["http://b.example/reviews/3"]


def test_a_wait_that_is_nobodys_review_is_waited_for(server: ApiServer) -> None:
    status(server, "waiting", "waiting", "succeeded")
    whole(server, "succeeded")
    open_reviews(server, 0)
    assert follow(server)["status"] == "succeeded"


def test_somebody_who_was_quicker_is_no_error(server: ApiServer) -> None:
    status(server, "waiting", "succeeded")
    whole(server, "succeeded")
    open_reviews(server, 1)
    server.on("GET /api/v1/reviews/3", Answer(body=REVIEW), Answer(body={**REVIEW, "status": "closed"}))
    server.on("POST /api/v1/reviews/3/decide", Answer(status=409, body={"detail": "Ada decided it."}))
    assert follow(server)["status"] == "succeeded"


def test_a_decision_that_the_server_refuses_is_told(server: ApiServer) -> None:
    status(server, "waiting")
    open_reviews(server, 1)
    server.on("GET /api/v1/reviews/3", Answer(body=REVIEW))
    server.on("POST /api/v1/reviews/3/decide", Answer(status=422, body={"detail": "The value does not fit."}))
    with pytest.raises(ServerRefused, match="The value does not fit"):
        follow(server)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=500, body="<html>"), "The server answered 500"),
        (Answer(status=500, body="[1]"), "The server answered 500"),
        (Answer(status=403, body={"title": "Forbidden", "detail": "Ask an admin."}), "Ask an admin."),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/stolen"}, body=""), "The server answered 302"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(server: ApiServer, answer: Answer, says: str) -> None:
    server.on(EVENTS, answer)
    with pytest.raises(ServerRefused, match=says):
        follow(server)


def test_a_server_that_is_no_baton_is_told_so(server: ApiServer) -> None:
    server.on(EVENTS, Answer(body="<html>Welcome</html>"))
    with pytest.raises(NoServer, match="not as Baton does"):
        follow(server)


def test_nobody_there_and_no_address_are_told_so(server: ApiServer) -> None:
    with pytest.raises(NoServer, match="does not answer"):
        Client(address="http://127.0.0.1:1", token="x").get("runs")
    with pytest.raises(NoServer, match="is no address"):
        Client(address="baton.example.com", token="x").get("runs")
    with pytest.raises(NoServer, match="is no address"):
        replace(client(server), address="file:///etc").get("runs")


def test_a_proxy_is_not_asked_for_this_machine(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    server.on("GET /api/v1/runs", Answer(body=[]))
    assert client(server).get("runs") == []


@pytest.mark.parametrize(
    ("status", "code"), [("succeeded", 0), ("failed", 1), ("cancelled", 1), ("waiting", 3)], ids=str
)
def test_the_exit_code_tells_how_the_run_stands(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path, status: str, code: int
) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(WORKFLOW)
    monkeypatch.setenv("BATON_URL", server.address)
    monkeypatch.setenv("BATON_TOKEN", "secret")
    server.on("POST /api/v1/workflows/unlisted", Answer(body={"version": 5}))
    server.on("POST /api/v1/runs", Answer(body={"id": 7}))
    server.on(EVENTS, Answer(body={"status": status, "events": []}))
    server.on("GET /api/v1/reviews/3", Answer(body={**REVIEW, "kind": "budget"}))
    whole(server, status, error={"code": "x", "message": "It broke."} if status == "failed" else None)
    open_reviews(server, 1)
    done = CliRunner().invoke(main, ["run", str(file), "--approve", "all"])
    assert done.exit_code == code, done.output
    assert ("It broke." in done.stderr) == (status == "failed")
    assert ("Waits for a decision: http://b.example/reviews/3" in done.stderr) == (status == "waiting")
    assert server.sent("POST /api/v1/runs") == [{"version": 5, "input": {}, "trigger": "command"}]
    assert json.dumps(done.stdout) == '""'


def test_an_address_without_a_token_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("BATON_TOKEN", "")
    done = CliRunner().invoke(main, ["export", "some"])
    assert done.exit_code == 1
    assert "set BATON_TOKEN" in done.stderr


def test_wrong_options_end_with_two() -> None:
    assert CliRunner().invoke(main, ["run", "/none.yaml"]).exit_code == 2
    assert CliRunner().invoke(main, ["run", __file__, "--approve", "some"]).exit_code == 2
