"""The page on which a person types the output of a failed step: a form made from what the step's type would have given."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from history.run.drawer import Skippable, read_drawer, skippable
from history.run.paths import path_of
from orchestrator.contract.json_schema import problems_of
from orchestrator.engine.move import Refused
from orchestrator.engine.values import OUT, Json, JsonObject
from orchestrator.operations import runs as operations
from orchestrator.operations.calls import PayloadTooLarge
from orchestrator.queries import runs
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action
from ui.schema_forms import SchemaForm

ANYTHING: JsonObject = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "title": "Text"}},
}
"""What is asked for where the type of a step says nothing of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed."""

    path: str
    output: Json
    ports: tuple[str, ...]


@page_of_team(Action.see)
@require_http_methods(["GET", "HEAD", "POST"])
def skip(request: HttpRequest, by: Caller, run_id: int) -> HttpResponse:
    """GET shows the form, POST lets the run go on with what was typed."""
    by.demand(Action.skip_step)
    found, path = runs.find(team=by.team_id, run=run_id), path_of(request)
    drawer, shape = read_drawer(found, path=path, by=by), skippable(found, path=path)
    data = request.POST if request.method == "POST" else None
    form = SchemaForm(shape.schema or ANYTHING, problems=problems_of, data=data)
    if data is not None and form.is_valid():
        typed = Typed(path=path, output=form.value(), ports=_ports(request, shape))
        if _carry_out(request, by, run_id, typed):
            return redirect(f"{reverse('history:run', args=[run_id])}?{urlencode({'step': path})}")
    status = 422 if data is not None and not form.is_rearranged else 200
    context = {"form": form, "shape": shape, "drawer": drawer, "run": found}
    return render(request, "history/run_skip.html", context, status=status)


def _ports(request: HttpRequest, shape: Skippable) -> tuple[str, ...]:
    """Those that were chosen, of those that there are."""
    chosen = tuple(port for port in request.POST.getlist("ports") if port in shape.ports)
    return chosen or (OUT,) if OUT in shape.ports else chosen or shape.ports[:1]


def _carry_out(request: HttpRequest, by: Caller, run: int, typed: Typed) -> bool:
    """Whether it was done; if not, the page says why."""
    try:
        operations.skip(run=run, path=typed.path, output=typed.output, by=by.name, ports=typed.ports)
    except (Refused, PayloadTooLarge) as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, _("The step counts as done with what you typed, and the run goes on."))
    return True
