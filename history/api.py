"""The REST routes of comments on runs and steps."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from history import comments
from teams.comments import Said
from teams.policy import Action
from teams.routes import Demanding, caller, repeatable

router = Router(tags=["runs"])
Text = Annotated[str, Field(min_length=1, max_length=4_000)]


class CommentIn(Schema):
    """What somebody says; `step` is the path of a step, empty for the whole run."""

    model_config = ConfigDict(extra="forbid")
    text: Text
    step: str = Field(default="", max_length=400)


class CommentText(Schema):
    """What a comment says from now on."""

    model_config = ConfigDict(extra="forbid")
    text: Text


class CommentOut(Schema):
    """A comment. `mentions` are the members whom it names with @."""

    id: int
    run: int
    step: str
    text: str
    mentions: list[str]
    author: str
    is_own: bool
    created_at: datetime
    edited_at: datetime | None

    @classmethod
    def of(cls, said: Said) -> "CommentOut":
        names = ("id", "text", "mentions", "author", "is_own", "created_at", "edited_at")
        shown = {name: getattr(said, name) for name in names}
        return cls.model_validate({**shown, "run": comments.run_of(said), "step": said.place})


class CommentList(Schema):
    """Comments, oldest first; the newest 500."""

    items: list[CommentOut]


@router.get("/runs/{run_id}/comments", auth=Demanding(Action.see), response=CommentList)
def list_comments(request: HttpRequest, run_id: int, step: str | None = None) -> CommentList:
    """What the team says about a run and its steps; with `step` about that one, with an empty `step` about the whole run."""
    found = comments.on_run(by=caller(request), run=run_id, step=step)
    return CommentList(items=[CommentOut.of(said) for said in found])


@router.post("/runs/{run_id}/comments", auth=Demanding(Action.comment), response={201: CommentOut})
def add_comment(request: HttpRequest, run_id: int, body: CommentIn) -> HttpResponse:
    """Say something about a run or a step. Name members with @ and their address or name."""

    def make() -> CommentOut:
        by, now = caller(request), timezone.now()
        return CommentOut.of(comments.add(by=by, run=run_id, step=body.step, text=body.text, now=now))

    return repeatable(request, make, status=HTTPStatus.CREATED)


@router.patch("/comments/{comment_id}", auth=Demanding(Action.comment), response=CommentOut)
def edit_comment(request: HttpRequest, comment_id: int, body: CommentText) -> CommentOut:
    """Say it differently; only one's own."""
    said = comments.edit(by=caller(request), comment=comment_id, text=body.text, now=timezone.now())
    return CommentOut.of(said)


@router.delete("/comments/{comment_id}", auth=Demanding(Action.comment), response={204: None})
def delete_comment(request: HttpRequest, comment_id: int) -> None:
    """Delete a comment; only one's own."""
    comments.delete(by=caller(request), comment=comment_id)
