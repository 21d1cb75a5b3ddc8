"""The page of one connection, and what is done there. A form that is wrong comes back in its place on the whole page."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from orchestrator.engine.values import BatonError
from orchestrator.operations import linking, offers
from orchestrator.queries import connections as queries
from orchestrator.queries.connections import Detail
from orchestrator.views.connection_forms import (
    KeyForm,
    LimitsForm,
    ModelsForm,
    NameForm,
    SecretsForm,
    settings_form,
    settings_of,
)
from orchestrator.views.refusing import page_for
from orchestrator.worker import trying
from teams.callers import Caller
from teams.operations import connections
from teams.policy import Action
from teams.values import TeamsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks of a connection."""

    request: HttpRequest
    by: Caller
    detail: Detail

    @property
    def id(self) -> int:
        return self.detail.line.row.pk


Done = str | dict[str, Any]
"""A sentence that says what was done; or, with the names of the page, the forms that were wrong."""


@page_for(Action.edit_connection)
@require_safe
def show(request: HttpRequest, by: Caller, connection_id: int) -> HttpResponse:
    """Everything about one connection."""
    detail = queries.detail(by=by, connection_id=connection_id, now=timezone.now())
    return render(request, "orchestrator/connection.html", _shown(detail))


@page_for(Action.edit_connection)
@require_POST
def act(request: HttpRequest, by: Caller, connection_id: int, verb: str) -> HttpResponse:
    """Test, choose models, limit, change, replace a key, make default, delete."""
    if verb not in VERBS:
        raise Http404
    detail = queries.detail(by=by, connection_id=connection_id, now=timezone.now())
    done = VERBS[verb](Wish(request=request, by=by, detail=detail))
    if isinstance(done, dict):
        context = {**_shown(detail), **done}
        return render(request, "orchestrator/connection.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if done:
        messages.success(request, done)
    if verb == "delete":
        return redirect("orchestrator:connections")
    return redirect("orchestrator:connection", connection_id)


def _test(wish: Wish) -> Done:
    with suppress(BatonError, TeamsError):  # the page shows what is kept of it
        trying.try_connection(by=wish.by, connection_id=wish.id, now=timezone.now())
    return ""


def _choose_models(wish: Wish) -> Done:
    form = ModelsForm(wish.request.POST, detail=wish.detail)

    def save() -> None:
        aliases, models = form.aliases(), form.cleaned_data["models"]
        offers.choose(by=wish.by, connection_id=wish.id, models=models, aliases=aliases, now=timezone.now())

    return _("Models and aliases saved.") if _saved(save, form) else {"models_form": form}


def _limit(wish: Wish) -> Done:
    form = LimitsForm(wish.request.POST)

    def save() -> None:
        changed = replace(linking.form_of(wish.detail.line.row), **form.cleaned_data)
        linking.change(by=wish.by, connection_id=wish.id, form=changed, now=timezone.now())

    return (
        _("Limits saved. They hold for the calls that begin from now on.") if _saved(save, form) else {"limits": form}
    )


def _change(wish: Wish) -> Done:
    kind, row, data = wish.detail.kind, wish.detail.line.row, wish.request.POST
    if kind is None:
        raise Http404
    name, secrets, settings = (
        NameForm(data),
        SecretsForm(data, kind=kind, is_change=True),
        settings_form(kind, data, row=row),
    )

    def save() -> None:
        given = {
            "name": name.cleaned_data["name"],
            "secrets": secrets.given(),
            "settings": settings_of(kind, settings, row),
        }
        form = replace(linking.form_of(row), **given)
        linking.change(by=wish.by, connection_id=wish.id, form=form, now=timezone.now())

    if _saved(save, name, settings, secrets):
        return _("Saved.")
    return {"name": name, "settings": settings, "secrets": secrets}


def _replace_key(wish: Wish) -> Done:
    kind = wish.detail.kind
    if kind is None:
        raise Http404
    form = KeyForm(wish.request.POST, kind=kind)

    def save() -> None:
        given = form.given()
        if not given:
            raise connections.WrongSecret
        for name, value in given.items():
            connections.replace_secret(by=wish.by, connection_id=wish.id, name=name, value=value, now=timezone.now())

    return _("The key was replaced. Calls use the new one from now on.") if _saved(save, form) else {"keys": form}


def _make_default(wish: Wish) -> Done:
    connections.make_default(by=wish.by, connection_id=wish.id, now=timezone.now())
    return _("%(name)s now decides first what an alias means.") % {"name": wish.detail.line.row.name}


def _delete(wish: Wish) -> Done:
    linking.delete(by=wish.by, connection_id=wish.id, now=timezone.now())
    return _("%(name)s was deleted, with its key.") % {"name": wish.detail.line.row.name}


VERBS: Mapping[str, Callable[[Wish], Done]] = {
    "test": _test,
    "models": _choose_models,
    "limits": _limit,
    "settings": _change,
    "key": _replace_key,
    "default": _make_default,
    "delete": _delete,
}


def _saved(save: Callable[[], None], *given: forms.Form) -> bool:
    """Whether it worked; a refusal is put above the first of the forms."""
    wrong = [form for form in given if not form.is_valid()]
    if wrong:
        return False
    try:
        save()
    except (BatonError, TeamsError) as error:
        given[0].add_error(None, str(error))
    return not given[0].errors


def _shown(detail: Detail) -> dict[str, Any]:
    row, kind = detail.line.row, detail.kind
    limits = {name: getattr(row, name) for name in LimitsForm.base_fields}
    shown: dict[str, Any] = {"detail": detail, "line": detail.line, "limits": LimitsForm(initial=limits)}
    shown["models_form"] = ModelsForm(detail=detail)
    if kind is not None:
        shown["name"] = NameForm(initial={"name": row.name})
        shown["settings"] = settings_form(kind, row=row)
        shown["secrets"] = SecretsForm(kind=kind, is_change=True)
        shown["keys"] = KeyForm(kind=kind)
    return shown
