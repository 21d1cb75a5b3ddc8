"""Runs as stories: what opens, what is skipped, what a failure, a person or a crash makes of a run."""

import pytest

from orchestrator.engine.messages import Answer, Pause, Resume, Succeed
from orchestrator.engine.move import Refused
from orchestrator.engine.values import StepPath
from tests.scenarios import World


def test_a_chain_runs_to_its_end() -> None:
    world = World.of("a -> b -> c").play()
    assert world.run.status == "succeeded"
    assert world.status("end") == "succeeded"


def test_a_join_opens_when_its_last_edge_is_decided() -> None:
    world = World.of("a -> c, b -> c").succeeds("a")
    assert world.status("c") == "pending"
    assert world.succeeds("b").status("c") == "ready"


def test_a_route_that_is_not_taken_is_skipped_and_its_join_opens_all_the_same() -> None:
    world = World.of("route.left -> a -> join, route.right -> b -> join").succeeds("route", "left")
    assert (world.status("a"), world.status("b")) == ("ready", "skipped")
    assert world.succeeds("a").status("join") == "ready"


def test_several_routes_may_be_live() -> None:
    world = World.of("route.left -> a, route.right -> b, route.else -> c").succeeds("route", "left", "right")
    assert [world.status(path) for path in "abc"] == ["ready", "ready", "skipped"]


def test_a_run_reaches_its_end_when_no_route_has_an_edge() -> None:
    world = World.of("route.left -> a").succeeds("route", "nowhere").play()
    assert (world.status("a"), world.status("end"), world.run.status) == ("skipped", "succeeded", "succeeded")


def test_a_late_or_repeated_result_is_refused() -> None:
    world = World.of("a -> b")
    attempt = world.claim("a")
    world.crashes("a")
    with pytest.raises(Refused):
        world.tell(Succeed(path=StepPath("a"), attempt=attempt, output="1"))
    world.succeeds("a")
    with pytest.raises(Refused):
        world.tell(Succeed(path=StepPath("a"), attempt=2, output="1"))


def test_an_unhandled_failure_lets_what_runs_finish_and_then_fails_the_run() -> None:
    world = World.of("a, b, c -> d")
    world.claim("b")
    world.fails("a")
    assert world.run.status == "failing"
    assert not world.run.is_claimable()
    world.succeeds("b")
    assert (world.run.status, world.status("c"), world.status("b")) == ("failed", "ready", "succeeded")


def test_a_retried_step_sets_a_failed_run_going_again() -> None:
    world = World.of("a -> b").fails("a").retries("a")
    assert (world.run.status, world.steps["a"].round, world.steps["a"].tries) == ("running", 2, 0)
    assert world.play().run.status == "succeeded"


def test_a_skipped_step_goes_on_with_the_typed_output() -> None:
    world = World.of("a -> b").fails("a").skips("a", '"by hand"').play()
    assert (world.run.status, world.steps["a"].output) == ("succeeded", '"by hand"')


def test_only_a_failed_step_can_be_retried() -> None:
    with pytest.raises(Refused):
        World.of("a").succeeds("a").retries("a")


def test_an_error_port_handles_the_failure() -> None:
    world = World.of("a.error -> b, a -> c", a={"on_error": "port"}).fails("a")
    assert (world.status("a"), world.status("b"), world.status("c")) == ("failed", "ready", "skipped")
    assert world.play().run.status == "succeeded"


def test_a_default_takes_the_place_of_a_failed_output() -> None:
    world = World.of("a -> b", a={"on_error": "default", "default": [1]}).fails("a").play()
    assert (world.run.status, world.steps["a"].output) == ("succeeded", "[1]")


def test_a_transient_error_waits_in_the_same_round_and_gives_up_after_its_tries() -> None:
    world = World.of("a", a={"retry": {"tries": 2}}).fails("a", transient=True)
    assert (world.status("a"), world.steps["a"].reason, world.steps["a"].round) == ("waiting", "retry", 1)
    assert world.run.status == "waiting"
    world.answers("a", "retry:1").fails("a", transient=True)
    assert (world.status("a"), world.run.status) == ("failed", "failed")


def test_an_error_of_the_node_opens_a_new_round_only_if_no_tool_would_be_repeated() -> None:
    settings = {"retry": {"tries": 3, "node_errors": True}}
    assert World.of("a", a=settings).fails("a").steps["a"].round == 2
    world = World.of("a", a=settings).fails("a", repeatable=False)
    assert (world.steps["a"].reason, world.steps["a"].round) == ("incident", 1)


def test_three_crashes_of_a_step_that_had_begun_ask_people() -> None:
    world = World.of("a").crashes("a").crashes("a", begun=False).crashes("a")
    assert (world.status("a"), world.steps["a"].crashes) == ("ready", 2)
    world.crashes("a")
    assert world.steps["a"].reason == "incident"
    (question,) = world.open_questions()
    world.answers("a", question.key, "retried")
    assert (world.status("a"), world.steps["a"].crashes, world.steps["a"].round) == ("ready", 0, 2)


@pytest.mark.parametrize(("verdict", "status"), [("skipped", "succeeded"), ("failed", "failed")])
def test_an_incident_may_be_skipped_or_failed(verdict: str, status: str) -> None:
    world = World.of("a")
    for _ in range(3):
        world.crashes("a")
    (question,) = world.open_questions()
    world.answers("a", question.key, verdict, output='"typed"')
    assert world.status("a") == status


def test_a_question_leaves_the_step_running_until_it_waits() -> None:
    world = World.of("a -> b").asks("a", "form")
    assert world.status("a") == "running"
    world.waits("a", "form")
    assert (world.status("a"), world.steps["a"].reason, world.run.status) == ("waiting", "input", "waiting")
    assert world.answers("a", "form").status("a") == "ready"


def test_an_answer_that_comes_before_the_wait_is_not_lost() -> None:
    world = World.of("a").asks("a", "form").answers("a", "form")
    assert world.waits("a", "form").status("a") == "ready"


def test_each_of_several_answers_wakes_the_step() -> None:
    world = World.of("a").asks("a", "one").asks("a", "two").waits("a", "one", "two")
    assert world.answers("a", "two").status("a") == "ready"
    assert world.waits("a", "one").answers("a", "one").status("a") == "ready"


def test_a_question_is_answered_once() -> None:
    world = World.of("a").asks("a", "form").waits("a", "form").answers("a", "form")
    with pytest.raises(Refused):
        world.answers("a", "form")


def test_a_gated_output_decides_its_edges_by_the_verdict_alone() -> None:
    world = World.of("a -> b, a.rejected -> c").succeeds("a", gate=True)
    assert (world.status("a"), world.steps["a"].reason, world.status("b")) == ("waiting", "output", "none")
    world.answers("a", "gate", "approved")
    assert (world.status("b"), world.status("c")) == ("ready", "skipped")


def test_an_edited_output_replaces_the_nodes_own_which_is_kept() -> None:
    world = World.of("a -> b").succeeds("a", gate=True).answers("a", "gate", "edited", output='"better"')
    assert (world.steps["a"].output, world.steps["a"].original) == ('"better"', '"done"')


def test_a_rejected_output_takes_its_port_or_fails_the_step() -> None:
    world = World.of("a -> b, a.rejected -> c").succeeds("a", gate=True).answers("a", "gate", "rejected")
    assert (world.status("b"), world.status("c")) == ("skipped", "ready")
    world = World.of("a -> b").succeeds("a", gate=True).answers("a", "gate", "rejected")
    assert (world.status("a"), world.steps["a"].reason, world.run.status) == ("failed", "rejected", "failed")


def test_a_gate_that_nobody_answered_in_time_does_what_it_says() -> None:
    def expired(text: str, **gate: object) -> World:
        return World.of(text, a={"gate": {"due": 60, **gate}}).succeeds("a", gate=True).answers("a", "gate", "expired")

    world = expired("a -> b, a.expired -> c")
    assert (world.status("b"), world.status("c")) == ("skipped", "ready")
    world = expired("a -> b", on_expiry="approve")
    assert (world.status("b"), world.steps["a"].reason) == ("ready", "automatic")
    world = expired("a -> b, a.rejected -> c", on_expiry="reject")
    assert (world.status("b"), world.status("c"), world.steps["a"].reason) == ("skipped", "ready", "rejected")
    world = expired("a -> b")
    assert (world.status("a"), world.steps["a"].reason, world.run.status) == ("failed", "expired", "failed")


def test_requested_changes_open_a_new_round_until_there_were_enough() -> None:
    world = World.of("a", a={"gate": {"max_rounds": 1}}).succeeds("a", gate=True)
    world.answers("a", "gate", "changes_requested")
    assert (world.status("a"), world.steps["a"].round) == ("ready", 2)
    world.succeeds("a", gate=True).answers("a", "gate", "changes_requested")
    assert world.status("a") == "failed"


def test_a_paused_run_claims_nothing_and_answers_count_all_the_same() -> None:
    world = World.of("a -> b, c").asks("c", "form").waits("c", "form")
    world.tell(Pause())
    assert (world.run.status, world.run.is_claimable()) == ("paused", False)
    world.answers("c", "form")
    world.tell(Resume())
    assert world.play().run.status == "succeeded"


def test_answers_are_taken_while_the_run_has_failed_and_used_when_it_is_retried() -> None:
    world = World.of("a, b -> c").asks("b", "form").waits("b", "form").fails("a")
    assert world.run.status == "failed"
    world.answers("b", "form")
    assert world.status("b") == "ready"
    assert world.retries("a").play().run.status == "succeeded"


def test_a_cancelled_run_closes_its_steps_and_questions_and_refuses_what_comes_late() -> None:
    world = World.of("a -> b, c").asks("c", "form").waits("c", "form")
    attempt = world.claim("a")
    world.cancels()
    assert (world.status("a"), world.status("c"), list(world.open_questions())) == ("cancelled", "cancelled", [])
    with pytest.raises(Refused):
        world.tell(Succeed(path=StepPath("a"), attempt=attempt, output="1"))
    with pytest.raises(Refused):
        world.tell(Answer(path=StepPath("c"), round=1, key="form"))


def test_a_failed_step_withdraws_what_it_had_asked() -> None:
    world = World.of("a").asks("a", "tool:1", "tool_call").fails("a")
    assert list(world.open_questions()) == []


def test_a_map_runs_its_body_once_per_item_and_wakes_its_container() -> None:
    world = World.of("each[x] -> after").spawns("each", 3)
    assert world.ready() == ["each[0]", "each[1]", "each[2]"]
    for item in world.ready():
        world.succeeds(item)
    assert (world.status("each"), world.scopes["each"].done) == ("ready", 3)
    assert world.play().run.status == "succeeded"


def test_an_item_of_several_steps_ends_with_its_last_one() -> None:
    world = World.of("each[x -> y]").spawns("each", 2).succeeds("each[0]/x")
    assert (world.status("each[0]"), world.status("each[0]/y")) == ("waiting", "ready")
    world.succeeds("each[0]/y")
    assert (world.status("each[0]"), world.status("each"), world.run.status) == ("succeeded", "waiting", "running")


def test_a_cap_limits_the_items_at_work_and_waiting_ones_do_not_count() -> None:
    world = World.of("each[x]").spawns("each", 5, cap=2)
    assert world.ready() == ["each[0]", "each[1]"]
    world.asks("each[0]", "form").waits("each[0]", "form")
    assert world.ready() == ["each[1]", "each[2]"]
    assert world.succeeds("each[1]").ready() == ["each[2]", "each[3]"]


def test_items_open_in_chunks_and_all_of_them_are_done_in_the_end() -> None:
    world = World.of("each[x]").spawns("each", 1200)
    assert len(world.ready()) == 500
    assert world.play().run.status == "succeeded"
    assert world.scopes["each"].done == 1200


def test_a_failed_item_ends_the_scope_where_it_must_and_a_retry_reopens_it() -> None:
    world = World.of("each[x -> y] -> after").spawns("each", 2, stop_on_error=True).fails("each[1]/x")
    assert world.status("each") == "ready"
    world.fails("each")
    assert world.run.status == "failed"
    world.retries("each[1]/x")
    assert (world.status("each"), world.status("each[1]"), world.run.status) == ("waiting", "waiting", "running")
    assert world.play().run.status == "succeeded"


def test_a_failed_item_may_be_collected() -> None:
    world = World.of("each[x]").spawns("each", 2).fails("each[0]").succeeds("each[1]")
    assert (world.status("each"), world.scopes["each"].failed, world.run.failures) == ("ready", 1, 0)


def test_a_handled_failure_of_a_container_closes_what_is_open_inside() -> None:
    world = World.of("each[x], each.error -> b", each={"on_error": "port"}).spawns("each", 3, stop_on_error=True)
    world.claim("each[2]")
    world.fails("each[0]").fails("each")
    assert [world.status(f"each[{n}]") for n in range(3)] == ["failed", "cancelled", "cancelled"]
    assert world.status("b") == "ready"
    assert world.play().run.status == "succeeded"


def test_maps_nest() -> None:
    world = World.of("outer[inner[x]]").spawns("outer", 2).spawns("outer[0]/inner", 2).spawns("outer[1]/inner", 1)
    assert world.play().run.status == "succeeded"
    assert world.status("outer[0]/inner[1]") == "succeeded"


def test_a_second_round_of_a_container_has_a_scope_of_its_own() -> None:
    world = World.of("each[x]").spawns("each", 1).succeeds("each[0]").fails("each").retries("each")
    world.spawns("each", 1)
    assert world.status("each#2[0]") == "ready"
    assert world.play().run.status == "succeeded"
