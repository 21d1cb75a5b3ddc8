"""The first page, and the team that this session looks at."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams.authentication import CHOSEN_TEAM, NoTeam, caller_of
from teams.policy import Action
from ui.templatetags.ui import nav_url


@login_required
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Leads to where the work is: the workflows, or the inbox for who only decides. Who is in no team is told what to do."""
    try:
        by = caller_of(request, now=timezone.now())
    except NoTeam:
        return render(request, "teams/no_team.html")
    names = ("builder:workflows", "history:runs") if by.may(Action.see) else ("reviews:inbox",)
    return redirect(nav_url(*names, "teams:profile"))


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """The team that this session looks at. One that the person is not in is ignored when callers are found."""
    chosen = request.POST.get("team", "")
    if chosen.isdecimal():
        request.session[CHOSEN_TEAM] = int(chosen)
    return redirect("home")
