"""Addresses of the runs of a team."""

from django.urls import include, path

app_name = "history"
urlpatterns = [
    path("runs/", include("history.runs.urls")),
    path("runs/<int:run_id>/", include("history.run.urls")),
]
