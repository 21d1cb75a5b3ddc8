"""Addresses of this app beside the REST routes."""

from django.urls import path

from orchestrator.views import streams

urlpatterns = [path("runs/<int:run_id>/stream", streams.stream, name="run-stream")]
