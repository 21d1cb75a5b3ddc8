"""Every page's address."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config.api import api
from config.api_page import documentation
from config.command_menu import command_menu
from config.health import healthz, readyz
from config.help import index, page, picture
from config.styleguide import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("teams.urls")),
    path("", include("ui.urls")),
    path("", include("builder.urls")),
    path("", include("history.urls")),
    path("", include("reviews.urls")),
    path("", include("orchestrator.page_urls")),
    path("help/", index, name="help"),
    path("help/images/<str:name>", picture, name="help_picture"),
    path("help/<path:name>/", page, name="help_page"),
    path("command-menu/", command_menu, name="command_menu"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", include("orchestrator.urls")),
    path("api/v1/docs", documentation, name="api_docs"),
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
