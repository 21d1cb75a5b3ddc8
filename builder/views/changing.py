"""What is done to a workflow as a whole, from its page: another name, a copy, limits, away and back. Then its page again."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from builder.views.asking import number
from orchestrator.engine.values import BatonError
from orchestrator.operations import allowances, arranging, deleting
from orchestrator.operations.arranging import Changes
from orchestrator.operations.deleting import Kept
from orchestrator.queries.workflows import slug_of, workflow_of
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.pages import page_of_team
from teams.policy import Action

SETTINGS = "?tab=settings"


@page_of_team(Action.edit_draft)
@require_POST
def edit(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """Name, description and tags."""
    given = request.POST
    changes = Changes(
        name=given.get("name"), description=given.get("description"), tags=given.get("tags", "").split(",")
    )

    def change() -> str:
        slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
        arranging.edit_workflow(by=by, slug=slug, changes=changes, now=timezone.now())
        return _("Saved.")

    return _done(request, change, _page(workflow_id, SETTINGS))


@page_of_team(Action.edit_budget)
@require_POST
def limit(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """How many of its runs may go on at the same time; empty for as many as there are."""

    def change() -> str:
        slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
        most = _amount(request.POST.get("runs_at_once", ""))
        allowances.limit_runs(by=by, workflow=slug, most=most, now=timezone.now())
        return _("Saved.")

    return _done(request, change, _page(workflow_id, SETTINGS))


@page_of_team(Action.delete_run)
@require_POST
def retention(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """For how many days its finished runs are kept; empty for ever."""

    def change() -> str:
        slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
        given = request.POST
        kept = Kept(days=_amount(given.get("days", "")), failed_days=_amount(given.get("failed_days", "")))
        deleting.set_retention(by=by, slug=slug, kept=kept, now=timezone.now())
        return _("Saved.")

    return _done(request, change, _page(workflow_id, SETTINGS))


@page_of_team(Action.publish)
@require_POST
def duplicate(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """A new workflow with a copy of the newest version."""
    workflow = workflow_of(team=by.team_id, workflow=workflow_id)
    name = request.POST.get("name", "") or _("%(name)s (copy)") % {"name": workflow.name}
    try:
        made = arranging.duplicate_workflow(by=by, slug=workflow.slug, name=name, now=timezone.now())
    except (NotFound, NotAllowed):
        raise
    except BatonError as error:
        messages.error(request, str(error))
        return redirect(_page(workflow_id))
    messages.success(request, _("%(name)s is there.") % {"name": made.workflow.name})
    return redirect(_page(made.workflow_id))


@page_of_team(Action.publish)
@require_POST
def archive(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """Put it away."""

    def change() -> str:
        slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
        arranging.archive(by=by, slug=slug, now=timezone.now())
        return _("Archived. Nothing starts it now; its runs stay.")

    return _done(request, change, _page(workflow_id))


@page_of_team(Action.delete_run)
@require_POST
def delete(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """Hide it; the list then offers to undo it, and "Archived" does so for a day."""
    slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
    try:
        arranging.delete(by=by, slug=slug, now=timezone.now())
    except (NotFound, NotAllowed):
        raise
    except BatonError as error:
        messages.error(request, str(error))
        return redirect(_page(workflow_id))
    return redirect(f"{reverse('builder:workflows')}?{urlencode({'undo': workflow_id})}")


@page_of_team(Action.publish)
@require_POST
def restore(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """Bring back what was archived or deleted."""
    workflow = arranging.restore(by=by, slug=slug_of(team=by.team_id, workflow=workflow_id), now=timezone.now())
    messages.success(request, _("%(name)s is back.") % {"name": workflow.name})
    address = _page(workflow_id)
    is_undo = (
        "HX-Request" in request.headers
    )  # the button of a toast, which has no place of its own to show an answer in
    return HttpResponse(headers={"HX-Redirect": address}) if is_undo else redirect(address)


def _done(request: HttpRequest, change: Callable[[], str], address: str) -> HttpResponse:
    """What was done, or why not, on the page to which it leads."""
    try:
        messages.success(request, change())
    except (NotFound, NotAllowed):
        raise
    except BatonError as error:
        messages.error(request, str(error))
    return redirect(address)


def _page(workflow: int, query: str = "") -> str:
    return reverse("builder:workflow", args=[workflow]) + query


def _amount(text: str) -> int | None:
    """None for an empty field; what is no number becomes 0, which every operation refuses with its reason."""
    given = text.strip()
    return (number(given) or 0) if given else None
