"""Comments on a run or a step, as a part of other pages: `history:comments?run=12&step=reply`. The list alone is fetched again
from time to time, so that what is being typed stays."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from history import comments as operations
from history.runs.talk import Talk
from teams.callers import Caller
from teams.comments import Said
from teams.operations.comments import WrongComment
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial

PART = "history/runs_comments.html"


@page_of_team(Action.see)
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, by: Caller) -> HttpResponse:
    """GET shows them (with `part=list` the list alone, with `edit=` one as a form), POST adds one."""
    run, step = _about(request)
    if request.method == "POST":
        return _add(request, by, run, step)
    if not is_partial(request):
        return redirect(_page(run, step))
    talk = _talk(by, run, step, editing=_number(request.GET.get("edit", "")))
    return render(request, f"{PART}#list" if request.GET.get("part") == "list" else PART, {"talk": talk})


@page_of_team(Action.see)
@require_POST
def edit(request: HttpRequest, by: Caller, comment_id: int) -> HttpResponse:
    """Say it differently."""
    run, step = _about(request)
    text = request.POST.get("text", "")
    try:
        operations.edit(by=by, comment=comment_id, text=text, now=timezone.now())
    except WrongComment as wrong:
        return _refused(request, _talk(by, run, step, editing=comment_id, text=text, problem=str(wrong)))
    return _changed(request, by, run, step)


@page_of_team(Action.see)
@require_POST
def delete(request: HttpRequest, by: Caller, comment_id: int) -> HttpResponse:
    """What it said is gone."""
    run, step = _about(request)
    operations.delete(by=by, comment=comment_id)
    return _changed(request, by, run, step)


def _add(request: HttpRequest, by: Caller, run: int, step: str) -> HttpResponse:
    text = request.POST.get("text", "")
    try:
        operations.add(by=by, run=run, step=step, text=text, now=timezone.now())
    except WrongComment as wrong:
        return _refused(request, _talk(by, run, step, text=text, problem=str(wrong)))
    return _changed(request, by, run, step)


def _talk(by: Caller, run: int, step: str, *, editing: int = 0, text: str = "", problem: str = "") -> Talk:
    said: list[Said] = operations.on_run(by=by, run=run, step=step)
    return Talk(by=by, run=run, step=step, said=tuple(said), editing=editing, text=text, problem=problem)


def _refused(request: HttpRequest, talk: Talk) -> HttpResponse:
    if is_partial(request):
        return render(request, PART, {"talk": talk}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.error(request, talk.problem)
    return redirect(_page(talk.run, talk.step))


def _changed(request: HttpRequest, by: Caller, run: int, step: str) -> HttpResponse:
    if is_partial(request):
        return render(request, PART, {"talk": _talk(by, run, step)})
    messages.success(request, _("Your comments are kept."))
    return redirect(_page(run, step))


def _about(request: HttpRequest) -> tuple[int, str]:
    run, step = _number(request.GET.get("run", "")), request.GET.get("step", "")
    if not run or "\x00" in step:
        raise Http404
    return run, step


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _page(run: int, step: str) -> str:
    address = reverse("history:run", args=[run])
    return f"{address}?{urlencode({'step': step})}" if step else address
