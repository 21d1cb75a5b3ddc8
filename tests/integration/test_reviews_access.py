"""Who sees and who decides: members of the queue, whatever the role; other teams see nothing."""

from dataclasses import replace

import pytest

from reviews.errors import NoSuchReview, NotInQueue, WrongQueue
from reviews.models import Queue
from reviews.operations import claim, decide, release, save_queue, undo
from reviews.operations.queues import QueueSettings
from reviews.policy import Source, State
from reviews.queries import Filters, View, count_reviews, get_review, list_reviews
from reviews.verdicts import Given
from teams.callers import Caller, operator
from teams.errors import NotAllowed
from teams.models import AuditEntry
from teams.policy import Permission, Role
from tests.fakes.asking import NOW, Asking, a_member, a_team, later, question

pytestmark = [pytest.mark.store, pytest.mark.django_db]
APPROVED, API = Given(verdict="approved"), Source.API


@pytest.fixture
def run() -> Asking:
    return Asking.of(a_team())


def titles(by: Caller, **filters: object) -> list[str]:
    chosen = Filters(**filters)  # type: ignore[arg-type]
    found = [listed.review.title for listed in list_reviews(by=by, filters=chosen, now=NOW)]
    assert len(found) == count_reviews(by=by, filters=chosen, now=NOW)
    return found


def restricted(run: Asking, slug: str, *members: Caller) -> Queue:
    admin = a_member(run.team, "Boss", Role.publisher)
    ids = [int(member.member_id or 0) for member in members]
    return save_queue(by=admin, settings=QueueSettings(slug=slug, name=slug.title(), members=ids), now=NOW)


@pytest.mark.parametrize("role", list(Role))
def test_every_member_of_the_queue_decides_whatever_the_role(run: Asking, role: Role) -> None:
    review, member = run.gate(), a_member(run.team, "Ana", role)
    claim(review=review.pk, by=member, source=API, now=NOW)
    assert decide(review=review.pk, by=member, given=APPROVED, source=API, now=NOW).status == "closed"


@pytest.mark.parametrize("role", [Role.viewer, Role.owner])
def test_who_is_no_member_of_the_queue_sees_but_does_not_decide(run: Asking, role: Role) -> None:
    ana, other = a_member(run.team, "Ana"), a_member(run.team, "Eve", role)
    restricted(run, "money", ana)
    review = run.gate(asked=question(queue="money"))
    shown = get_review(review=review.pk, by=other, now=NOW)
    assert not shown.may_decide
    for call in (
        lambda: claim(review=review.pk, by=other, source=API, now=NOW),
        lambda: release(review=review.pk, by=other, source=API, now=NOW),
        lambda: decide(review=review.pk, by=other, given=APPROVED, source=API, now=NOW),
        lambda: undo(review=review.pk, by=other, source=API, now=NOW),
    ):
        with pytest.raises(NotInQueue, match="no member of the queue 'Money'"):
            call()
    decide(review=review.pk, by=ana, given=APPROVED, source=API, now=NOW)


def test_a_reviewer_sees_the_own_queues_and_nothing_else(run: Asking) -> None:
    reviewer = a_member(run.team, "Rae", Role.reviewer)
    restricted(run, "money", a_member(run.team, "Ana"))
    restricted(run, "legal", reviewer)
    step = run.claim("draft")
    hidden = run.ask(step, "a", question(title="Pay?", queue="money"))
    run.ask(step, "b", question(title="Sign?", queue="legal"))
    run.ask(step, "c", question(title="Send?"))
    assert titles(reviewer, view=View.ALL) == ["Sign?", "Send?"]
    with pytest.raises(NoSuchReview):
        get_review(review=hidden.pk, by=reviewer, now=NOW)
    with pytest.raises(NoSuchReview):
        decide(review=hidden.pk, by=reviewer, given=APPROVED, source=API, now=NOW)


def test_another_team_finds_nothing(run: Asking) -> None:
    review, stranger = run.gate(), a_member(a_team("rivals"), "Max", Role.owner)
    assert titles(stranger, view=View.ALL) == []
    for call in (
        lambda: get_review(review=review.pk, by=stranger, now=NOW),
        lambda: claim(review=review.pk, by=stranger, source=API, now=NOW),
        lambda: release(review=review.pk, by=stranger, source=API, now=NOW),
        lambda: decide(review=review.pk, by=stranger, given=APPROVED, source=API, now=NOW),
        lambda: undo(review=review.pk, by=stranger, source=API, now=NOW),
    ):
        with pytest.raises(NoSuchReview):
            call()
    review.refresh_from_db()
    assert (review.status, review.row_version) == ("open", 1)


def test_a_token_does_what_it_was_made_for(run: Asking) -> None:
    review, ana = run.gate(), a_member(run.team, "Ana", Role.owner)
    reading = replace(ana, permissions=frozenset({Permission.read}))
    assert titles(reading) == ["May this go out?"]
    with pytest.raises(NotAllowed, match="token was not made for this"):
        decide(review=review.pk, by=reading, given=APPROVED, source=API, now=NOW)
    with pytest.raises(NotAllowed):
        titles(replace(ana, permissions=frozenset({Permission.run})))
    reviewing = replace(ana, permissions=frozenset({Permission.review}))
    decide(review=review.pk, by=reviewing, given=APPROVED, source=API, now=NOW)


def test_nobody_decides_without_being_a_member(run: Asking) -> None:
    review = run.gate()
    with pytest.raises(NotInQueue):
        decide(review=review.pk, by=operator(run.team.pk), given=APPROVED, source=API, now=NOW)


# Lists


def test_the_views_follow_claims_and_decisions(run: Asking) -> None:
    ana, bob = a_member(run.team, "Ana"), a_member(run.team, "Bob")
    step = run.claim("draft")
    first, second = (run.ask(step, key, question(title=key)) for key in ("one", "two"))
    claim(review=first.pk, by=ana, source=API, now=NOW)
    assert titles(ana, view=View.MINE) == ["one"]
    assert titles(bob, view=View.MINE) == []
    assert titles(bob, view=View.UNCLAIMED) == ["two"]
    assert titles(bob, view=View.QUEUES) == ["one", "two"]
    decide(review=second.pk, by=bob, given=APPROVED, source=Source.PAGE, now=NOW)
    assert titles(bob, view=View.MINE) == ["two"]
    assert titles(bob, states=frozenset({State.OPEN})) == ["one"]
    listed = list_reviews(by=bob, filters=Filters(), now=later(901))
    assert [one.claim for one in listed] == [None, None]


def test_a_list_is_filtered_and_read_in_pages(run: Asking) -> None:
    ana = a_member(run.team, "Ana")
    step = run.claim("draft")
    for key in ("one", "two", "three"):
        run.ask(step, key, question(title=key))
    other = Asking.of(run.team)
    other.gate(asked=question(title="four"))
    assert titles(ana, run=run.run) == ["one", "two", "three"]
    assert titles(ana, text="HRE") == ["three"]
    assert titles(ana, queue="money") == []
    assert titles(ana, kind="input") == []
    page = list_reviews(by=ana, filters=Filters(), now=NOW, limit=2)
    rest = list_reviews(by=ana, filters=Filters(), now=NOW, after=page[-1].review.pk)
    assert [one.review.title for one in (*page, *rest)] == ["one", "two", "three", "four"]


def test_a_review_is_shown_with_what_may_be_decided_its_rounds_and_its_log(run: Asking) -> None:
    ana = a_member(run.team, "Ana")
    first = run.gate(asked=question(instructions="", context="It was sunny."))
    comment = Given(verdict="changes_requested", comment="Shorter.")
    decide(review=first.pk, by=ana, given=comment, source=API, now=NOW)
    shown = get_review(review=run.gate().pk, by=ana, now=NOW)
    assert [verdict.word for verdict in shown.verdicts] == ["approved", "edited", "changes_requested", "rejected"]
    assert [review.round for review in shown.rounds] == [1, 2]
    assert (shown.may_decide, shown.claim, shown.votes) == (True, None, ())
    earlier = get_review(review=first.pk, by=ana, now=NOW)
    assert earlier.question.context == "It was sunny."
    assert [vote.comment for vote in earlier.votes] == ["Shorter."]
    assert [entry.act for entry in earlier.log] == ["opened", "decided", "applied"]


# Queues


def test_a_queue_is_made_and_changed_and_both_are_audited(run: Asking) -> None:
    boss, ana = a_member(run.team, "Boss", Role.publisher), a_member(run.team, "Ana")
    made = QueueSettings(slug="money", name="Money", members=[int(ana.member_id or 0)], undo_seconds=0)
    save_queue(by=boss, settings=made, now=NOW)
    queue = save_queue(by=boss, settings=replace(made, members=None, reason_required=True), now=NOW)
    assert (queue.is_restricted, queue.members.count(), queue.reason_required) == (False, 0, True)
    entries = AuditEntry.objects.of(run.team.pk).filter(action="queue_saved")
    assert [entry.subject for entry in entries] == ["queue:money"] * 2
    review = run.gate(asked=question(queue="money"))
    assert decide(review=review.pk, by=ana, given=APPROVED, source=Source.PAGE, now=NOW).status == "closed"


def test_queues_are_for_publishers_and_have_members_of_the_team(run: Asking) -> None:
    settings = QueueSettings(slug="money", name="Money")
    with pytest.raises(NotAllowed):
        save_queue(by=a_member(run.team, "Ed", Role.editor), settings=settings, now=NOW)
    boss, stranger = a_member(run.team, "Boss", Role.publisher), a_member(a_team("rivals"), "Max")
    with pytest.raises(WrongQueue, match="no member"):
        save_queue(by=boss, settings=replace(settings, members=[int(stranger.member_id or 0)]), now=NOW)
    for wrong in (replace(settings, slug="a b"), replace(settings, name=" "), replace(settings, undo_seconds=-1)):
        with pytest.raises(WrongQueue):
            save_queue(by=boss, settings=wrong, now=NOW)
