"""The only pages of this app: choosing how pages look. It needs no sign-in, because it changes nothing but two cookies."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ui.appearance import CHOICES, YEAR, cookie_name


@require_POST
def choose_appearance(request: HttpRequest) -> HttpResponse:
    """Keep what was posted (theme, keys) in cookies and go back. What is no known choice is ignored."""
    chosen = {name: request.POST.get(name, "") for name in CHOICES}
    is_scripted = "Hx-Request" in request.headers
    response = HttpResponse(status=204) if is_scripted else HttpResponseRedirect(_back(request))
    for name, value in chosen.items():
        if value in CHOICES[name]:
            secure = bool(settings.SESSION_COOKIE_SECURE)
            response.set_cookie(cookie_name(name), value, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def _back(request: HttpRequest) -> str:
    """The page that was left; never another site."""
    url = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_ours else "/"
