"""Pages for browser tests alone, beside those of the product: a graph on the canvas, as a workflow and as a run."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config.styleguide import styleguide
from config.urls import urlpatterns as product
from tests.browser import graphs
from ui.graph.outline import outline
from ui.graph.reading import LIVE, PLAN, View, read_graph
from ui.graph.svg import draw


def canvas(request: HttpRequest, name: str) -> HttpResponse:
    """`?run` for the cards of a run, `?scope` for the inside of a container, `?view=outline` for the list."""
    document, layout = graphs.graph(name)
    is_run = "run" in request.GET
    states = graphs.states(document) if is_run else {}
    view = View(
        name=name.replace("_", " ").capitalize(),
        look=graphs.look_of,
        layout={} if "arrange" in request.GET else layout,
        states=states,
        card=LIVE if is_run else PLAN,
        scope=request.GET.get("scope", ""),
    )
    picture = read_graph(document, view)
    shown = {"picture": picture, "items": outline(picture), "view": request.GET.get("view", "")}
    look = {"theme": request.GET.get("theme", "auto"), "letter_keys": request.GET.get("keys", "on")}
    return render(request, "canvas_page.html", shown | look)


def pictures(request: HttpRequest) -> HttpResponse:
    """The small pictures of the gallery's graphs."""
    read = [(name, *graphs.graph(name)) for name in graphs.TEMPLATES]
    views = [(View(name=name, look=graphs.look_of, layout=layout), document) for name, document, layout in read]
    drawn = [draw(read_graph(document, view), icons="/static/vendor/icons.svg") for view, document in views]
    return render(request, "canvas_pictures.html", {"drawn": drawn, "theme": request.GET.get("theme", "auto")})


def script(_request: HttpRequest) -> HttpResponse:
    """A fragment that brings what our pages refuse."""
    return HttpResponse(
        '<p id="brought">Here<script src="/static/js/nothing.js"></script><b hx-on:click="x = 1">b</b></p>'
    )


def status(_request: HttpRequest, code: int) -> HttpResponse:
    """An answer with that status."""
    return HttpResponse(f"<p>{code}</p>", status=code)


urlpatterns = [
    *product,
    path("test/canvas/<slug:name>", canvas),
    path("test/pictures", pictures),
    path("test/styleguide", styleguide),
    path("test/script", script),
    path("test/status/<int:code>", status),
]
