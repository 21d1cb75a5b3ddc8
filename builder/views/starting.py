"""Starting a run by hand."""

from http import HTTPStatus
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from builder.operations import start_once
from builder.start_form import StartForm, empty_form, input_of, posted_form
from builder.views.asking import number
from orchestrator.engine.values import BatonError
from orchestrator.models import Version
from orchestrator.operations.starting import Wanted
from orchestrator.queries.workflows import version_of, workflow_of
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial


@page_of_team(Action.start_run)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """The form, empty or filled with a sample; sent, the run. `?number=` is an older version."""
    workflow = workflow_of(team=by.team_id, workflow=workflow_id)
    version = version_of(team=by.team_id, slug=workflow.slug, number=number(request.GET.get("number", "")))
    if request.method != "POST":
        form = empty_form(version, sample=number(request.GET.get("sample", "")))
        return _shown(request, form)
    form = posted_form(version, by=by, data=request.POST, uploads=request.FILES)
    if form.input.is_rearranged:
        return _shown(request, form)
    return _started(request, by, version, form)


def _started(request: HttpRequest, by: Caller, version: Version, form: StartForm) -> HttpResponse:
    if not form.is_valid:
        return _shown(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        given = input_of(form, by=by)
        wanted = Wanted(version=version, given=given, trigger="person", budget=form.budget.units())
        run = start_once(by=by, wanted=wanted, key=request.POST.get("key", ""), now=timezone.now())
    except (NotFound, NotAllowed):
        raise
    except BatonError as error:
        form.refuse([str(problem) for problem in error.data.get("problems") or [error]])
        return _shown(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    address = reverse("history:run", args=[run])
    return HttpResponse(headers={"HX-Redirect": address}) if is_partial(request) else redirect(address)


def _shown(request: HttpRequest, form: StartForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "workflow": form.version.workflow,
        "version": form.version,
        "key": request.POST.get("key") or uuid4().hex,
    }
    name = "builder/start.html#form" if is_partial(request) else "builder/start.html"
    return render(request, name, context, status=status)
