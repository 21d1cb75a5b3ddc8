"""Addresses of this app's pages. They come before those of django-allauth, some of which they close."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from teams import views


def closed(_request: HttpRequest) -> HttpResponse:
    """An address is what members are invited by: nobody changes the own one to somebody else's."""
    raise Http404


urlpatterns = [
    path("", views.home, name="home"),
    path("team/", views.choose_team, name="choose_team"),
    path("sign-in/<str:secret>/", views.sign_in_link, name="sign_in_link"),
    path("accounts/email/", closed),
]
