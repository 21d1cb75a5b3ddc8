"""Every page's address."""

from django.urls import URLPattern, URLResolver, include, path

from config.api import api
from config.api_page import documentation
from config.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("teams.urls")),
    path("", include("ui.urls")),
    path("", include("history.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", include("orchestrator.urls")),
    path("api/v1/docs", documentation, name="api_docs"),
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.urls")),
]
