"""Comments of members: added, changed and deleted by those who wrote them. Nobody is told yet; whom they name is kept.

Whether the subject is there and may be seen, the app above has looked at before it calls these.
"""

from datetime import datetime

from teams.callers import Caller
from teams.errors import NotAllowed, NotFound, WrongInput
from teams.mentions import Person, mentioned
from teams.models import Comment, Member, User
from teams.policy import Action
from teams.values import clean

LONGEST = 4_000


class WrongComment(WrongInput):
    """A comment has 1 to 4,000 characters. Shorten it, or attach what is longer to the run as a file."""

    code = "wrong_comment"


class NoSuchComment(NotFound):
    """There is no such comment in this team. It may have been deleted."""

    code = "no_such_comment"


class NotYourComment(NotAllowed):
    """Only who wrote a comment may change or delete it. Answer it with one of your own."""

    code = "not_your_comment"


def add_comment(*, by: Caller, subject: str, place: str = "", text: str, now: datetime) -> Comment:
    """Say something about a subject. Raises WrongComment, NotAllowed."""
    by.demand(Action.comment)
    said = _checked(text)
    return Comment.objects.create(
        team_id=by.team_id,
        subject=subject,
        place=place,
        text=said,
        mentions=_mentions(by, said),
        author_id=by.user_id,
        author_name=_name(by),
        created_at=now,
    )


def edit_comment(*, by: Caller, comment: int, text: str, now: datetime) -> Comment:
    """Say it differently. Raises NoSuchComment, NotYourComment, WrongComment, NotAllowed."""
    found, said = _own(by, comment), _checked(text)
    found.text, found.mentions, found.edited_at = said, _mentions(by, said), now
    found.save(update_fields=["text", "mentions", "edited_at"])
    return found


def delete_comment(*, by: Caller, comment: int) -> Comment:
    """What it said is gone. Raises NoSuchComment, NotYourComment, NotAllowed."""
    found = _own(by, comment)
    Comment.objects.of(by.team_id).filter(pk=found.pk).delete()
    return found


def forget_comments(*, team: int, subject: str) -> int:
    """All comments on a subject that is being deleted, in the caller's transaction; how many."""
    return Comment.objects.of(team).filter(subject=subject).delete()[0]


def _own(by: Caller, comment: int) -> Comment:
    by.demand(Action.comment)
    found = Comment.objects.of(by.team_id).filter(pk=comment).first()
    if found is None:
        raise NoSuchComment
    if by.user_id is None or found.author_id != by.user_id:
        raise NotYourComment
    return found


def _checked(text: str) -> str:
    said = str(clean(text)).strip()
    if not 1 <= len(said) <= LONGEST:
        raise WrongComment
    return said


def _name(by: Caller) -> str:
    user = User.objects.filter(pk=by.user_id or 0).first()
    return str(user) if user else by.name


def _mentions(by: Caller, text: str) -> list[int]:
    if "@" not in text:
        return []
    users = Member.objects.of(by.team_id).select_related("user")
    return mentioned(text, [Person(id=one.user_id, email=one.user.email, name=one.user.name) for one in users])
