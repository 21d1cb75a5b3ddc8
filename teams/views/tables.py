"""Tables that agents look records up in: the list, importing a file, the rows of one, deleting one."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams.access import table_of
from teams.callers import Caller
from teams.errors import WrongInput
from teams.forms import TableForm
from teams.models import Table
from teams.operations.tables import delete_table, import_table
from teams.pages import page_of_team
from teams.policy import Action
from teams.previews import LARGEST, NoPreview, Preview, look_at, take
from teams.tables import page_of

SIZE = 100
LARGEST_PLACE = 2**31 - 1


@page_of_team(Action.see)
@require_http_methods(["GET", "HEAD", "POST"])
def tables(request: HttpRequest, by: Caller) -> HttpResponse:
    """The tables. POST reads a file and shows what an import of it would do."""
    if request.method != "POST":
        return _list(request, by, TableForm())
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, by, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    file = form.cleaned_data["file"]
    try:
        content = file.read(LARGEST + 1)
        preview = look_at(by=by, file_name=file.name, content=content, name=form.cleaned_data["name"])
    except WrongInput as error:
        form.add_error("file", str(error))
        return _list(request, by, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _list(request, by, TableForm(), preview=preview)


@page_of_team(Action.edit_table)
@require_POST
def confirm(request: HttpRequest, by: Caller) -> HttpResponse:
    """Import the file that was looked at."""
    try:
        name, rows = take(by=by, mark=request.POST.get("mark", ""))
        table = import_table(by=by, name=name, rows=rows, now=timezone.now())
    except (NoPreview, WrongInput) as error:
        messages.error(request, str(error))
        return redirect("teams:tables")
    told = _("%(name)s has %(count)d rows now.") % {"name": table.name, "count": table.row_count}
    messages.success(request, told)
    return redirect("teams:table", table.name)


@page_of_team(Action.see)
@require_safe
def table(request: HttpRequest, by: Caller, name: str) -> HttpResponse:
    """The rows of one, in their order, a hundred at a time."""
    found = table_of(by, name)
    after = _after(request)
    rows = page_of(found, after=after, limit=SIZE + 1)
    shown = rows[:SIZE]
    context = {
        "table": found,
        "rows": [(row.position + 1, [row.data.get(column) for column in found.columns]) for row in shown],
        "first_url": request.path if after >= 0 else "",
        "next_url": f"?after={shown[-1].position}" if len(rows) > SIZE else "",
        "may_change": by.may(Action.edit_table),
    }
    return render(request, "teams/table.html", context)


@page_of_team(Action.edit_table)
@require_POST
def delete(request: HttpRequest, by: Caller, name: str) -> HttpResponse:
    """The table and its rows are gone."""
    delete_table(by=by, name=name, now=timezone.now())
    messages.success(request, _("The table %(name)s is deleted.") % {"name": name})
    return redirect("teams:tables")


def _list(
    request: HttpRequest, by: Caller, form: TableForm, *, preview: Preview | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "tables": Table.objects.of(by.team_id).order_by("name"),
        "form": form,
        "preview": preview,
        "may_change": by.may(Action.edit_table),
    }
    return render(request, "teams/tables.html", context, status=status)


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "")
    return min(int(text), LARGEST_PLACE) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
