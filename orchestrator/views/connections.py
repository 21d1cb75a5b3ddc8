"""The list of connections, and adding one: choose a provider, fill in its form; then it is tested."""

from contextlib import suppress
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from orchestrator import registry
from orchestrator.engine.values import BatonError
from orchestrator.operations import linking
from orchestrator.queries import connections as queries
from orchestrator.views.connection_forms import Kind, NameForm, SecretsForm, settings_form
from orchestrator.views.refusing import page_for
from orchestrator.worker import trying
from teams.callers import Caller
from teams.models import Connection
from teams.operations.connections import ConnectionForm
from teams.policy import Action
from teams.values import TeamsError


@page_for(Action.edit_connection)
@require_safe
def connections(request: HttpRequest, by: Caller) -> HttpResponse:
    """All connections, and what the aliases mean."""
    return render(request, "orchestrator/connections.html", {"overview": queries.overview(by=by)})


@page_for(Action.edit_connection)
@require_safe
def choose(request: HttpRequest, by: Caller) -> HttpResponse:  # noqa: ARG001  # only admins choose
    """The providers of models, and what tools need."""
    kinds = registry.connection_kinds().values()
    models = [kind for kind in kinds if kind.name in registry.provider_types() and kind.name != "demo"]
    others = [kind for kind in kinds if kind.name not in registry.provider_types()]
    return render(request, "orchestrator/choose_provider.html", {"models": models, "others": others})


@page_for(Action.edit_connection)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, by: Caller, provider: str) -> HttpResponse:
    """The form of a new connection; what was added is tested at once."""
    kind = registry.connection_kinds().get(provider)
    if kind is None:
        raise Http404(f"There is no provider {provider!r}.")
    data = request.POST if request.method == "POST" else None
    name, secrets = NameForm(data, initial={"name": kind.title}), SecretsForm(data, kind=kind)
    settings = settings_form(kind, data)
    if data is not None and all([name.is_valid(), settings.is_valid(), secrets.is_valid()]):
        form = ConnectionForm(
            name=name.cleaned_data["name"], provider=provider, settings=settings.value(), secrets=secrets.given()
        )
        try:
            row = linking.create(by=by, form=form, now=timezone.now())
        except (BatonError, TeamsError) as error:
            name.add_error(None, str(error))
        else:
            return _added(request, by, row, kind)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if data is not None and not settings.is_rearranged else HTTPStatus.OK
    shown = {"kind": kind, "name": name, "settings": settings, "secrets": secrets, "is_models": _has_models(kind)}
    return render(request, "orchestrator/add_connection.html", shown, status=status)


def _added(request: HttpRequest, by: Caller, row: Connection, kind: Kind) -> HttpResponse:
    """To its page, which shows how the test ended."""
    if _has_models(kind):
        with suppress(BatonError, TeamsError):  # the page shows what is kept of it
            trying.try_connection(by=by, connection_id=row.pk, now=timezone.now())
    messages.success(request, _("%(name)s was added.") % {"name": row.name})
    return redirect("orchestrator:connection", row.pk)


def _has_models(kind: Kind) -> bool:
    return kind.name in registry.provider_types()
