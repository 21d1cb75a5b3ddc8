"""The gallery of templates, and using one."""

from http import HTTPStatus
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from builder.operations import use_template
from builder.templates import templates_with
from builder.views.asking import word
from orchestrator.operations.workflows import TableDiffers
from teams.callers import Caller
from teams.pages import page_of_team
from teams.policy import Action


@page_of_team(Action.see)
@require_safe
def gallery(request: HttpRequest, by: Caller) -> HttpResponse:
    """Every template with its picture."""
    text = word(request, "q")
    return render(request, "builder/templates.html", _context(by, text))


@page_of_team(Action.publish)
@require_POST
def use(request: HttpRequest, by: Caller, name: str) -> HttpResponse:
    """Make a workflow of it, with its tables and samples; where the team has other rows in them, ask which to take."""
    tables = request.POST.get("tables", "")
    try:
        made = use_template(by=by, name=name, tables=tables, key=request.POST.get("key", ""), now=timezone.now())
    except TableDiffers as error:
        context = _context(by, "") | {"differs": error.data["table"], "wanted": name}
        return render(request, "builder/templates.html", context, status=HTTPStatus.CONFLICT)
    messages.success(request, _("%(name)s is yours now. Start it with one of its samples.") % {"name": made.name})
    return redirect("builder:start", made.workflow)


def _context(by: Caller, text: str) -> dict[str, object]:
    return {
        "key": uuid4().hex,
        "text": text,
        "templates": templates_with(text=text),
        "may_publish": by.may(Action.publish),
    }
