"""The page of one workflow, and its versions as files."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from builder.publishing import exported
from builder.shown import Asked, shown
from builder.views.asking import first_day, number, word
from orchestrator.queries.workflows import workflow_of
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action


@page_of_team(Action.see)
@require_safe
def workflow(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """The tab that the address asks for: graph, versions, runs, settings."""
    asked = Asked(
        tab=request.GET.get("tab", ""),
        number=number(request.GET.get("number", "")),
        step=word(request, "step"),
        scope=word(request, "scope"),
        view=request.GET.get("view", ""),
        before=number(request.GET.get("before", "")),
    )
    found = shown(by=by, workflow=workflow_id, asked=asked, since=first_day())
    return render(request, "builder/workflow.html", {"shown": found, "workflow": found.workflow, "by": by})


@page_of_team(Action.see)
@require_safe
def export(request: HttpRequest, by: Caller, workflow_id: int) -> HttpResponse:
    """A version as a YAML file, without rows of tables: they may be about people."""
    slug = workflow_of(team=by.team_id, workflow=workflow_id).slug
    text = exported(team=by.team_id, slug=slug, number=number(request.GET.get("number", "")))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return response
