"""Which step an address names."""

from django.http import Http404, HttpRequest


def path_of(request: HttpRequest) -> str:
    """The step's path that the address names. Raises Http404 for what no step is called."""
    path = request.GET.get("path", "")
    if "\x00" in path:
        raise Http404
    return path
