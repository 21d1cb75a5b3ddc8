"""The text of docs/openapi.json, for `make docs`: the description that the API makes of itself, with Django started first."""

import django
from django.utils.module_loading import import_string


def openapi_text() -> str:
    """The OpenAPI document of /api/v1, as JSON."""
    django.setup()
    return str(import_string("config.api.openapi_text")())  # by name: it imports models, which are only there now
