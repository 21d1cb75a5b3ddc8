"""The page of a run, its parts that are fetched alone, and what can be done there. Each view parses, makes one call, renders."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from history.run import controls, log, page
from history.run.drawer import read_drawer, unreached
from history.run.head import now_of
from history.run.look import Look, look
from history.run.paths import path_of
from orchestrator.engine.move import Refused
from orchestrator.engine.values import BatonError, Json
from orchestrator.queries import runs
from orchestrator.queries.run_steps import StepNotFound
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.pages import page_of_team
from teams.policy import Action
from ui.requests import is_partial

PARTS = ("head", "actions", "main", "body", "lines")
"""What the header Run-Part asks for alone: the head, the buttons, the tabs with what is below them, that alone, the newest lines
of the log. (It is no parameter, because links in these parts repeat those.)"""


@page_of_team(Action.see)
@require_safe
def run(request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """The page of a run, or a part of it."""
    part = request.headers.get("Run-Part", "") if is_partial(request) else ""
    found = look(by=by, run=run_id, asked=request.GET, part=part)
    templates = {
        "actions": "history/run_actions.html",
        "body": f"history/run_{found.tab}.html",
        "lines": "history/run_log.html#lines",
    }
    name = templates.get(part, f"history/run.html#{part}") if part in PARTS else "history/run.html"
    return render(request, name, _context(found, by))


def _context(found: Look, by: Caller) -> Mapping[str, Json]:
    return {"look": found, "run": found.run, "by": by}


@page_of_team(Action.see)
@require_safe
def step(request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """The panel of one step; as an address of its own it leads to the run's page with that step."""
    path = path_of(request)
    found = runs.find(team=by.team_id, run=run_id)
    if not is_partial(request):
        return redirect(f"{reverse('history:run', args=[run_id])}?{urlencode({'step': path})}")
    try:
        after = request.GET.get("after", "")
        drawer = read_drawer(found, path=path, by=by, after=int(after) if after.isdecimal() and len(after) < 20 else 0)
        return render(request, "history/run_step.html", {"drawer": drawer, "run": found, "by": by})
    except StepNotFound:
        return render(request, "history/run_unreached.html", {"drawer": unreached(found, path=path), "run": found})


@page_of_team(Action.see)
@require_safe
def state(_request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """Where the run stands, as the texts of its page."""
    return JsonResponse(now_of(runs.find(team=by.team_id, run=run_id), by).as_json())


@page_of_team(Action.see)
@require_safe
def log_file(_request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """The whole log as a text file."""
    found = runs.find(team=by.team_id, run=run_id)
    lines = page.log_of(found, after=0, limit=page.MOST_LINES).entries
    response = HttpResponse("".join(log.as_text(lines)), content_type="text/plain; charset=utf-8")
    name = f"run-{found.pk}-{slugify(found.version.workflow.name) or 'log'}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page_of_team(Action.see)
@require_POST
def do(request: HttpRequest, by: Caller, run_id: int, verb: str) -> HttpResponse:
    """Cancel, pause, resume or re-run."""
    try:
        done = controls.carry_out(by=by, run=run_id, verb=verb)
    except (NotFound, NotAllowed):
        raise
    except BatonError as refused:
        messages.error(request, str(refused))
        return redirect("history:run", run_id)
    messages.success(request, done.told)
    return redirect("history:run", done.run)


@page_of_team(Action.see)
@require_POST
def retry(request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """A failed step again."""
    path = request.POST.get("path", "")
    try:
        controls.retry(by=by, run=run_id, path=path)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The step runs again, and the run goes on from there."))
    return redirect(f"{reverse('history:run', args=[run_id])}?{urlencode({'step': path})}")
