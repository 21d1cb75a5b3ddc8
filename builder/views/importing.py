"""Importing a workflow file."""

from http import HTTPStatus
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from builder.operations import Given, import_workflow
from builder.portable_yaml import LARGEST
from orchestrator.engine.values import BatonError
from orchestrator.operations.workflows import WrongWorkflow
from orchestrator.queries.workflows import MOST, list_workflows
from teams.callers import Caller
from teams.errors import NotAllowed, NotFound
from teams.pages import page_of_team
from teams.policy import Action


class ImportForm(forms.Form):
    """A file or its text, and where it goes."""

    file = forms.FileField(
        label=gettext_lazy("Workflow file"),
        help_text=gettext_lazy("A YAML file, made by Export or by hand"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,text/yaml"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "is-code", "spellcheck": "false"}),
    )
    slug = forms.ChoiceField(
        label=gettext_lazy("Import as"),
        required=False,
        help_text=gettext_lazy("The next version of a workflow takes the name and the description of the file."),
    )
    replaces_tables = forms.BooleanField(
        label=gettext_lazy("Replace the team's tables of the same names by those of the file"), required=False
    )

    def __init__(self, *given: object, by: Caller, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]  # Django's own parameters
        listed = list_workflows(team=by.team_id, after="", limit=MOST)
        versions = [(one.slug, _("The next version of %(name)s") % {"name": one.name}) for one in listed]
        for name in ("file", "slug"):
            self.fields[name].is_asked = True  # type: ignore[attr-defined]  # `{% field %}` does not call it optional
        field = self.fields["slug"]
        field.choices = [("", _("A new workflow")), *versions]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, object]:
        found: dict[str, object] = super().clean() or {}
        file = found.get("file")
        if isinstance(file, UploadedFile):
            found["text"] = self._read(file)
        elif not str(found.get("text") or "").strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste its text below."))
        return found

    def _read(self, file: "UploadedFile[bytes]") -> str:
        try:
            return str(file.read(LARGEST + 1), "utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("The file is not UTF-8. Save it as UTF-8 and choose it again."))
            return ""


@page_of_team(Action.publish)
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, by: Caller) -> HttpResponse:
    """The form; sent, the workflow. Where the file is wrong everything that is wrong is told, and nothing is changed."""
    if request.method != "POST":
        return _shown(request, ImportForm(by=by))
    form = ImportForm(request.POST, request.FILES, by=by)
    return _imported(request, by, form) if form.is_valid() else _refused(request, form)


def _imported(request: HttpRequest, by: Caller, form: ImportForm) -> HttpResponse:
    values = form.cleaned_data
    given = Given(
        text=values["text"],
        slug=values["slug"],
        replaces_tables=values["replaces_tables"],
        key=request.POST.get("key", ""),
    )
    try:
        made = import_workflow(by=by, given=given, now=timezone.now())
    except WrongWorkflow as error:
        return _refused(request, form, faults=error.data.get("problems") or [{"message": str(error)}])
    except (NotFound, NotAllowed):
        raise
    except BatonError as error:
        return _refused(request, form, faults=[{"message": str(error)}])
    words = {"name": made.name, "number": made.number}
    messages.success(request, _("%(name)s is imported as version %(number)d.") % words)
    return redirect("builder:workflow", made.workflow)


def _refused(request: HttpRequest, form: ImportForm, *, faults: object = ()) -> HttpResponse:
    return _shown(request, form, faults=faults, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _shown(request: HttpRequest, form: ImportForm, *, faults: object = (), status: int = HTTPStatus.OK) -> HttpResponse:
    """The text of a file that was uploaded stands in the form, so that it can be corrected there."""
    text = getattr(form, "cleaned_data", {}).get("text") if form.is_bound else ""
    context = {"form": form, "faults": faults, "key": uuid4().hex, "text": text}
    return render(request, "builder/import.html", context, status=status)
