"""Every page's address."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz
from config.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
]
