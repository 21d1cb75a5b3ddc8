"""The queues of the team, and the form that makes or changes one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reviews import operations
from reviews.errors import WrongQueue
from reviews.pages import clock
from reviews.pages.queues import QueueForm, queue_of, read_queues
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action


@page_of_team(Action.see)
@require_safe
def queues(request: HttpRequest, by: Caller) -> HttpResponse:
    """Every queue with its members, its rules and what waits there."""
    found = read_queues(by=by, now=clock.now())
    return render(request, "reviews/queues.html", {"queues": found, "may_edit": by.may(Action.edit_queue)})


@page_of_team(Action.edit_queue)
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: HttpRequest, by: Caller, slug: str = "") -> HttpResponse:
    """A new queue, or another version of one."""
    found = queue_of(by=by, slug=slug) if slug else None
    form = QueueForm(request.POST if request.method == "POST" else None, by=by, queue=found)
    context = {"form": form, "queue": found}
    if request.method != "POST":
        return render(request, "reviews/queue.html", context)
    if form.is_valid():
        try:
            saved = operations.save_queue(by=by, settings=form.settings(), now=timezone.now())
        except WrongQueue as wrong:
            form.add_error(None, str(wrong))
        else:
            messages.success(request, _("The queue %(name)s is saved.") % {"name": saved.name})
            return redirect("reviews:queues")
    return render(request, "reviews/queue.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
