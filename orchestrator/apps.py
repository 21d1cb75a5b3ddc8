"""Django's name for this app."""

from django.apps import AppConfig
from django.conf import settings

from orchestrator.registry import add_packages


class OrchestratorConfig(AppConfig):
    name = "orchestrator"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Plug-ins of the operator's own packages are known before anything is looked up."""
        add_packages(settings.BATON_PLUGINS)
