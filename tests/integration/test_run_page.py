"""The page of a run: what it shows, who sees it, and what can be done there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orchestrator.models import Run
from teams.models import Member, User
from teams.policy import Role
from tests import runs as played
from tests.personas import Personas, personas
from tests.world import FAILS, gated

pytestmark = pytest.mark.django_db
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def people() -> Personas:
    return personas()


def browser(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{name}@example.org"), "django.contrib.auth.backends.ModelBackend")
    return client


def a_run(people: Personas, document: str | dict[str, Any] = "a -> b", given: Any = None) -> int:
    """Worked on until it ends or waits."""
    run = played.start(played.a_version(document, team=people.team), given or {})
    played.work(run)
    return run


def page(name: str, run: int, query: str = "", **headers: str) -> str:
    answer = browser(name).get(f"{reverse('history:run', args=[run])}{query}", headers=headers)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def panel(run: int, path: str, query: str = "") -> str:
    answer = browser("alice").get(f"{reverse('history:step', args=[run])}?path={path}{query}", headers=PARTIAL)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def state(run: int) -> dict[str, Any]:
    return browser("alice").get(reverse("history:run_state", args=[run])).json()


def post(name: str, address: str, **data: Any) -> Any:
    return browser(name).post(address, data)


SPEAKS = {"nodes": {"ask": {"type": "prompt", "title": "Ask it", "config": {"prompt": "hello"}}}, "edges": []}
INNER = {"nodes": {"x": {"type": "transform", "config": {"template": "{{ item }}"}}}, "edges": []}
MAPPED = {
    "nodes": {"each": {"type": "map", "title": "Documents", "config": {"items": "{{ inputs.list }}", "body": INNER}}},
    "edges": [],
}
ROUTED = {
    "inputs": {"type": "object", "properties": {"total": {"type": "integer"}}},
    "nodes": {
        "choose": {
            "type": "router",
            "title": "Large?",
            "config": {"routes": {"large": {"field": "inputs.total", "is": "above", "value": 10}}},
        },
        "big": {"type": "transform", "config": {"template": "big"}},
        "small": {"type": "transform", "config": {"template": "small"}},
    },
    "edges": [["choose", "large", "big"], ["choose", "otherwise", "small"]],
}


@pytest.mark.parametrize("tab", ["graph", "timeline", "log", "result"])
def test_every_tab_is_a_page_of_its_own(people: Personas, tab: str) -> None:
    shown = page("alice", a_run(people, SPEAKS), f"?tab={tab}")
    there = {
        "graph": 'data-node="ask"',
        "timeline": 'data-step="ask"',
        "log": "Run: Succeeded",
        "result": "result-output",
    }
    assert there[tab] in shown
    assert f'id="run-body" data-tab="{tab}"' in shown


def test_the_page_says_where_events_go_on(people: Personas) -> None:
    run = a_run(people)
    assert f'data-after="{Run.unscoped.get(pk=run).seq}"' in page("alice", run)


def test_a_failed_step_is_shown_at_once_its_message_first(people: Personas) -> None:
    shown = page("alice", a_run(people, FAILS, {"message": "x"}))
    assert 'data-path="cut"' in shown
    assert "Retry this step" in shown
    assert "Skip with an output" in shown


def test_a_step_that_waits_for_people_is_shown_when_nothing_failed(people: Personas) -> None:
    shown = page("alice", a_run(people, gated(), {"message": "x"}))
    assert 'data-path="reply"' in shown
    assert "Needs review" in shown


def test_a_link_to_a_step_leads_to_the_page_with_that_step(people: Personas) -> None:
    run = a_run(people)
    answer = browser("alice").get(reverse("history:step", args=[run]), {"path": "b"})
    assert answer["Location"] == f"/runs/{run}/?step=b"
    assert 'data-path="b"' in page("alice", run, "?step=b")


def test_a_model_call_shows_what_was_asked_and_said(people: Personas) -> None:
    shown = panel(a_run(people, SPEAKS), "ask")
    assert "hello" in shown
    assert "What it was asked" in shown
    assert "demo" in shown


def test_a_router_says_why(people: Personas) -> None:
    run = a_run(people, ROUTED, {"total": 50})
    shown = panel(run, "choose")
    assert "Why this way" in shown
    assert "large" in shown
    assert "its condition holds" in shown


def test_items_of_a_map_are_listed_and_opened(people: Personas) -> None:
    run = a_run(people, MAPPED, {"list": ["p", "q", "r"]})
    shown = panel(run, "each")
    assert "Documents · 3" in shown
    assert 'data-path="each[1]"' in panel(run, "each[1]")
    assert 'data-path="each"' in panel(run, "each/x"), "a node inside a container is shown with all its items"


def test_a_step_that_was_not_reached_says_so(people: Personas) -> None:
    run = played.start(played.a_version("a -> b", team=people.team))
    assert "has not come to this step" in panel(run, "b")


@pytest.mark.parametrize("path", ["nothing", "", "a%00"])
def test_what_is_no_step_is_not_found(people: Personas, path: str) -> None:
    run = a_run(people)
    assert browser("alice").get(f"/runs/{run}/steps/?path={path}", headers=PARTIAL).status_code == 404


def test_the_state_says_what_the_page_shows(people: Personas) -> None:
    run = a_run(people, gated(), {"message": "x"})
    found = state(run)
    assert found["seq"] == Run.unscoped.get(pk=run).seq
    assert (found["status"], found["word"]["text"], found["over"]) == ("waiting", "Waiting", False)
    assert (found["cards"]["reply"]["word"], found["cards"]["reply"]["tone"]) == ("Needs review", "waiting")
    assert found["texts"]["steps"] == "0 of 1"


def test_the_state_counts_the_items_of_containers(people: Personas) -> None:
    found = state(a_run(people, MAPPED, {"list": list(range(7))}))
    assert found["texts"]["items"] == "7 of 7"
    assert found["cards"]["each/x"]["word"] == "Succeeded, 7 of 7"


def test_a_page_of_a_large_map_takes_no_more_queries(people: Personas, django_assert_max_num_queries: Any) -> None:
    run = a_run(people, MAPPED, {"list": list(range(60))})
    client = browser("alice")
    with django_assert_max_num_queries(40):
        assert client.get(f"/runs/{run}/?step=each").status_code == 200
    with django_assert_max_num_queries(18):
        assert client.get(f"/runs/{run}/state/").status_code == 200


def test_parts_come_alone(people: Personas) -> None:
    run = a_run(people)
    for part, there, missing in (
        ("head", "Elapsed", "<html"),
        ("actions", "Re-run", "Elapsed"),
        ("main", "Timeline", "Elapsed"),
        ("body", "data-node", "Timeline"),
    ):
        shown = page("alice", run, **PARTIAL, **{"Run-Part": part})
        assert there in shown, part
        assert missing not in shown, part


def test_new_lines_of_the_log_come_alone(people: Personas) -> None:
    run = a_run(people)
    seq = Run.unscoped.get(pk=run).seq
    shown = page("alice", run, f"?tab=log&after={seq - 1}", **PARTIAL, **{"Run-Part": "lines"})
    assert f'data-seq="{seq}"' in shown
    assert f'data-seq="{seq - 1}"' not in shown
    assert f'data-last="{seq}"' in shown


def test_the_log_is_filtered_by_step_and_comes_as_a_file(people: Personas) -> None:
    run = a_run(people)
    assert 'data-step="b"' not in page("alice", run, "?tab=log&of=a&step=a")
    answer = browser("alice").get(reverse("history:run_log", args=[run]))
    assert answer["Content-Disposition"].startswith(f'attachment; filename="run-{run}-')
    text = answer.content.decode()
    assert "a: Running" in text
    assert "Run: Succeeded" in text


def test_pause_resume_and_cancel(people: Personas) -> None:
    run = played.start(played.a_version("a -> b", team=people.team))
    for verb, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        answer = post("alice", reverse("history:do", args=[run, verb]))
        assert answer["Location"] == f"/runs/{run}/"
        assert played.status(run) == status


def test_what_makes_no_sense_any_more_is_refused_with_a_reason(people: Personas) -> None:
    run = a_run(people)
    answer = browser("alice").post(reverse("history:do", args=[run, "cancel"]), follow=True)
    assert 'data-toast="error"' in answer.content.decode()
    assert played.status(run) == "succeeded"


def test_a_run_is_run_again_with_its_input(people: Personas) -> None:
    run = a_run(people, gated(), {"message": "the same"})
    post("alice", reverse("history:do", args=[run, "cancel"]))
    answer = post("alice", reverse("history:do", args=[run, "rerun"]))
    again = Run.unscoped.latest("pk")
    assert answer["Location"] == f"/runs/{again.pk}/"
    assert (again.input, again.version_id) == (Run.unscoped.get(pk=run).input, Run.unscoped.get(pk=run).version_id)


def test_a_failed_step_is_retried(people: Personas) -> None:
    run = a_run(people, FAILS, {"message": "x"})
    answer = post("alice", reverse("history:retry", args=[run]), path="cut")
    assert answer["Location"] == f"/runs/{run}/?step=cut"
    assert played.step(run, "cut").round == 2
    assert "retried" in panel(run, "cut")


def test_a_failed_step_is_skipped_with_a_typed_output(people: Personas) -> None:
    run = a_run(people, FAILS, {"message": "x"})
    address = f"{reverse('history:skip', args=[run])}?path=cut"
    form = browser("alice").get(address)
    assert "Type what the step should have given" in form.content.decode()
    answer = browser("alice").post(address, {"input-text": "by hand", "input.text": "by hand"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert played.step(run, "cut").status == "succeeded"
    assert "by hand" in panel(run, "cut")
    assert "typed the output" in panel(run, "cut")


def test_a_viewer_sees_everything_and_may_do_nothing(people: Personas) -> None:
    run = a_run(people, FAILS, {"message": "x"})
    shown = page("bob", run)
    for verb in ("Retry this step", "Skip with an output", "Cancel run", "Re-run"):
        assert verb not in shown
    for address in (reverse("history:do", args=[run, "cancel"]), reverse("history:retry", args=[run])):
        assert post("bob", address, path="cut").status_code == 403
    assert browser("bob").get(f"/runs/{run}/skip/?path=cut").status_code == 403


def test_a_runner_may_retry_but_not_type_an_output(people: Personas) -> None:
    run = a_run(people, FAILS, {"message": "x"})
    Member.objects.of(people.team).filter(pk=people.bob.member_id or 0).update(role=Role.runner)
    shown = page("bob", run)
    assert "Retry this step" in shown
    assert "Skip with an output" not in shown
    assert browser("bob").post(f"/runs/{run}/skip/?path=cut").status_code == 403


@pytest.mark.parametrize("address", ["", "steps/?path=a", "state/", "log.txt", "skip/?path=a"])
def test_another_team_finds_no_run(people: Personas, address: str) -> None:
    run = a_run(people)
    assert browser("charlie").get(f"/runs/{run}/{address}").status_code == 404


@pytest.mark.parametrize("address", ["do/cancel/", "retry/", "do/nothing/"])
def test_another_team_changes_nothing(people: Personas, address: str) -> None:
    run = played.start(played.a_version("a", team=people.team))
    assert post("charlie", f"/runs/{run}/{address}", path="a").status_code == 404
    assert played.status(run) == "queued"


def test_what_nobody_can_do_to_a_run_is_not_found(people: Personas) -> None:
    assert post("alice", f"/runs/{a_run(people)}/do/explode/").status_code == 404


def test_a_role_without_runs_sees_none(people: Personas) -> None:
    run = a_run(people)
    Member.objects.of(people.team).filter(pk=people.bob.member_id or 0).update(role=Role.reviewer)
    assert browser("bob").get(f"/runs/{run}/").status_code == 403


def test_who_is_not_signed_in_is_led_there(people: Personas) -> None:
    run = a_run(people)
    for address in ("", "steps/", "state/", "log.txt", "skip/", "retry/", "do/cancel/"):
        answer = Client().get(f"/runs/{run}/{address}")
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/accounts/login/"), address


def test_text_of_strangers_is_no_markup(people: Personas) -> None:
    run = a_run(people, gated("{{ inputs.message }}"), {"message": "<img src=x onerror=alert(1)>"})
    for query in ("?step=reply", "?tab=log", "?tab=result"):
        assert "<img" not in page("alice", run, query)
