"""Django's names for the wiring, and for the static files with what we leave out of them."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class WiringConfig(AppConfig):
    name = "config"
    label = "wiring"


class OurStaticFilesConfig(StaticFilesConfig):
    """Without django-htmx's own htmx, which is a beta and imports files that are not there; ours is in static/vendor."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx"]
