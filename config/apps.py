"""Django's names for the wiring, and for the static files with what we leave out of them."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.module_loading import import_string


class WiringConfig(AppConfig):
    name = "config"
    label = "wiring"

    def ready(self) -> None:
        import_string("config.subscriptions.subscribe")()  # by name: it imports models, which are only there now


class OurStaticFilesConfig(StaticFilesConfig):
    """Without django-htmx's own htmx, which is a beta and imports files that are not there; ours is in static/vendor."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx"]
