"""The menu of the settings: pages of all apps by their URL names, without those that the role may not see."""

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.callers import Caller
from teams.letters import sends_mail
from teams.policy import Action
from teams.shell import Shell
from ui.templatetags.ui import nav_url

register = template.Library()
Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One page. `needs` is what somebody must be allowed to do to find it in the menu; None: everybody."""

    name: str
    text: Text
    icon: str
    needs: Action | None = None
    also: str = "-"
    """Pages below this address belong to it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A place in the menu of one request."""

    place: Place
    url: str
    is_current: bool


MENU: tuple[tuple[Text, tuple[Place, ...]], ...] = (
    (
        _("You"),
        (
            Place(name="teams:profile", text=_("Profile"), icon="circle-user", also="/accounts/"),
            Place(name="teams:tokens", text=_("API tokens"), icon="key-round"),
        ),
    ),
    (
        _("Team"),
        (
            Place(name="teams:team", text=_("General"), icon="settings", needs=Action.see),
            Place(name="teams:members", text=_("Members"), icon="users", needs=Action.see),
            Place(name="reviews:queues", text=_("Queues"), icon="clipboard-check", needs=Action.see),
            Place(name="teams:tables", text=_("Tables"), icon="table", needs=Action.see),
            Place(
                name="orchestrator:connections",
                text=_("Connections"),
                icon="plug",
                needs=Action.edit_connection,
            ),
            Place(
                name="orchestrator:limits",
                text=_("Limits and budgets"),
                icon="sliders-horizontal",
                needs=Action.edit_budget,
            ),
            Place(name="teams:audit", text=_("Audit log"), icon="scroll-text", needs=Action.see_audit),
        ),
    ),
)


@register.simple_tag
def server_sends_mail() -> bool:
    """`{% server_sends_mail as has_mail %}`: whether a page may promise a mail."""
    return sends_mail()


@register.inclusion_tag("settings/menu.html", takes_context=True)
def settings_menu(context: Context) -> dict[str, object]:
    """`{% settings_menu %}`: once for wide windows, once folded for narrow ones."""
    shell, request = context.get("shell"), context.get("request")
    by = shell.caller if isinstance(shell, Shell) else None
    groups = [(text, _lines(places, by, request)) for text, places in MENU]
    lines = [line for _text, found in groups for line in found]
    current = next((line for line in lines if line.is_current), None)
    return {"groups": [group for group in groups if group[1]], "current": current}


def _lines(places: tuple[Place, ...], by: Caller | None, request: HttpRequest | None) -> list[Line]:
    found = []
    for place in places:
        url = nav_url(place.name)
        is_seen = place.needs is None or (by is not None and by.may(place.needs))
        if url and is_seen:
            is_current = request is not None and request.path.startswith((url, place.also))
            found.append(Line(place=place, url=url, is_current=is_current))
    return found
